import shutil
from pathlib import Path

import pytest
import torch

from clipling.applications.pickclutter.bundle import read_bundle, write_bundle
from clipling.contracts.errors import InputError
from clipling.workflows.run import Run


def test_what_is_written_is_read(finished: Run, tmp_path: Path) -> None:
    bundle = read_bundle(finished.student)
    write_bundle(tmp_path / "copy", bundle.net, bundle.objects, bundle.pairs, bundle.context, bundle.config)
    again = read_bundle(tmp_path / "copy")
    assert (again.objects, again.config) == (bundle.objects, bundle.config)
    assert bundle.config.results is not None
    images = torch.rand(1, 8, 64, 64)
    for one, other in zip(bundle.net(images), again.net(images), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(bundle.pairs, again.pairs)
    assert bundle.context is not None
    assert again.context is not None
    assert torch.equal(bundle.context, again.context)
    assert [one.taught for one in bundle.objects] == [True] * 3 + [False] * 2


def test_damage_is_named(finished: Run, tmp_path: Path) -> None:
    copy = shutil.copytree(finished.student, tmp_path / "copy")
    (copy / "text.safetensors").write_bytes(b"other")
    with pytest.raises(InputError, match=r"damaged \(changed: text\.safetensors\)"):
        read_bundle(copy)
    with pytest.raises(InputError, match="expected a finished run of `clipling pickclutter train`"):
        read_bundle(tmp_path)


def test_weights_that_diverged_are_not_shipped(finished: Run, tmp_path: Path) -> None:
    bundle = read_bundle(finished.student)
    with torch.no_grad():
        bundle.net.score_bias.fill_(float("nan"))
    with pytest.raises(InputError, match="score_bias holds NaN or infinity"):
        write_bundle(tmp_path / "bad", bundle.net, bundle.objects, bundle.pairs, None, bundle.config)
    assert not (tmp_path / "bad").exists()
