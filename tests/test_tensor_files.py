"""Tensors are what the reader says they are, or the file is named."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from clipling.contracts.errors import InputError
from clipling.tensor_files import load_weights, numbers_in, read_matrix, read_tensors, require_unit

UNIT = torch.eye(3)


def test_what_is_sound_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "rows.safetensors"
    save_file({"rows": UNIT, "count": torch.tensor([3])}, path)
    assert torch.equal(read_matrix(path, "rows"), UNIT)
    assert read_tensors(path)["count"].item() == 3
    assert numbers_in(path) == 10
    require_unit(UNIT, "here")
    require_unit(UNIT.expand(2, 3, 3), "views")
    require_unit(torch.empty(0, 3), "no rows")


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf, 0.0, 2.0, 0.99])
def test_rows_that_are_no_unit_rows(value: float) -> None:
    rows = UNIT.clone()
    rows[1, 1] = value
    with pytest.raises(InputError, match="here: a row is no unit row"):
        require_unit(rows, "here")


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff" * 64, (10).to_bytes(8, "little") + b"{}"])
def test_no_safetensors_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "rows.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=r"rows\.safetensors: not a safetensors file"):
        read_tensors(tmp_path / "rows.safetensors")


def test_weights_are_those_of_the_network_and_no_others() -> None:
    net = nn.Linear(3, 2)
    own = {name: value.clone() for name, value in net.state_dict().items()}
    load_weights(net, {name: value + 1 for name, value in own.items()}, "here")
    assert torch.equal(net.weight, own["weight"] + 1)
    for wrong, said in (
        ({"weight": own["weight"]}, r"bias: none, expected float32 \(2,\)"),
        ({**own, "more": UNIT}, r"more: float32 \(3, 3\), expected none"),
        ({**own, "bias": own["bias"].int()}, r"bias: int32 \(2,\), expected float32 \(2,\)"),
        ({**own, "bias": own["bias"].half()}, "bias: float16"),
        ({**own, "weight": own["weight"].T}, r"weight: float32 \(3, 2\), expected float32 \(2, 3\)"),
    ):
        with pytest.raises(InputError, match=said):
            load_weights(net, wrong, "here")
