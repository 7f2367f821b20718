import errno
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from clipling.applications.pickclutter import observations
from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.observations import FlippedBatches, as_tensor, open_observations
from clipling.contracts.errors import InputError
from clipling.data.loader import Batch, Order


def test_the_channels_are_colours_in_bytes_and_depth_in_metres(files: Path) -> None:
    seen = Episodes(files / "ood.h5")[0]
    image = as_tensor(seen, 48)
    assert (image.shape, image.dtype) == ((8, 48, 48), torch.float16)
    expected = np.concatenate([seen.base_rgb, seen.base_depth, seen.hand_rgb, seen.hand_depth], axis=2)
    np.testing.assert_allclose(image.permute(1, 2, 0).numpy(), expected, atol=1e-3)
    assert as_tensor(seen, 32).shape == (8, 32, 32)


def test_scenes_are_resized_once_and_are_the_files(files: Path, tmp_path: Path) -> None:
    episodes = Episodes(files / "ood.h5")
    scenes = open_observations(episodes, 32, tmp_path)
    (made,) = tmp_path.glob("*.npy")
    stamp = made.stat().st_mtime_ns
    again = pickle.loads(pickle.dumps(open_observations(episodes, 32, tmp_path)))
    assert made.stat().st_mtime_ns == stamp
    for row in (0, 7):
        assert torch.equal(scenes[row], as_tensor(episodes[row], 32))
        assert torch.equal(again[row], scenes[row])
    part = scenes.part([7, 2])
    assert part.names == (episodes.names[7], episodes.names[2])
    assert torch.equal(part[0], scenes[7])
    asked = ["017_orange", "011_banana"]
    assert part.present(asked).tolist() == [[one in episodes[row].objects for one in asked] for row in (7, 2)]


def test_what_a_killed_process_left_is_removed_and_a_full_disk_is_named(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".scenes-32px-0.npy.{dead.pid}.part"
    left.write_bytes(b"half")
    open_observations(Episodes(files / "ood.h5"), 32, tmp_path)
    assert not left.exists()

    def full(path: Path, count: int) -> None:
        assert path.stat().st_size > count
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(observations, "take_space", full)
    with pytest.raises(InputError, match="no space is left"):
        open_observations(Episodes(files / "ood.h5"), 48, tmp_path)
    assert len([*tmp_path.iterdir()]) == 2, "the lock and the first file"


def test_all_channels_are_mirrored_together_as_seed_epoch_and_position_say(files: Path, tmp_path: Path) -> None:
    scenes = open_observations(Episodes(files / "ood.h5"), 32, tmp_path)
    few = scenes.part([3])
    batches = FlippedBatches(scenes, few, seed=0)

    def made(epoch: int, positions: range) -> list[bool]:
        rows = np.full(len(positions), len(scenes), np.int64)
        batch = batches[Order(rows, np.arange(positions.start, positions.stop), epoch)]
        assert isinstance(batch, Batch)
        flipped = [torch.equal(image, few[0].flip(-1)) for image in batch.images]
        assert all(turned or torch.equal(image, few[0]) for turned, image in zip(flipped, batch.images, strict=True))
        return flipped

    assert 3 < sum(made(1, range(16))) < 13
    assert made(1, range(16))[8:] == made(1, range(8, 16)), "not a matter of what else is in the batch"
    assert made(1, range(16)) != made(2, range(16))
