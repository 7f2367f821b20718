"""Killed processes, interrupted moves, two processes at once: the store comes out as if nothing had happened."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.files import write_json
from clipling.teacher import FeatureStore, load_teacher
from clipling.teacher.store import extract_features, open_store
from ctrl_c import heed_ctrl_c

# A process of its own that encodes slowly enough to be met at work.
PROGRAM = """
import sys, time
from pathlib import Path
from clipling.teacher import extract_features, load_teacher
teacher, root, folder, pause, workers = sys.argv[1:]
files = sorted(path.relative_to(root).as_posix() for path in Path(root).rglob("*.png"))
extract_features(load_teacher(f"local-dir:{teacher}"), root, files, folder, batch_size=4,
                 workers=int(workers), progress=lambda done, total: time.sleep(float(pause)))
"""


def start(*arguments: object, workers: int = 0, **options: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *map(str, arguments), str(workers)], **options)


def until(condition, process: "subprocess.Popen[bytes]") -> None:
    while not condition():
        assert process.poll() is None, "the process ended too early"
        time.sleep(0.02)


def test_a_killed_extraction_is_resumed_where_it_was(teacher, encoded, native, pictures, tmp_path):
    files, root, folder = pictures(120), tmp_path / "data", tmp_path / "features"
    process = start(native, root, folder, 0.2)
    until(lambda: len(list((folder / "partial").glob("*.safetensors"))) >= 2, process)
    process.kill()
    process.wait()
    assert not (folder / "manifest.json").exists()
    with pytest.raises(InputError, match="no features in it"):
        FeatureStore.open(folder)
    resumed = extract_features(teacher, root, files, folder)
    assert 0 < encoded.images <= 120 - 2 * 16
    whole = extract_features(teacher, root, files, tmp_path / "whole")
    assert resumed.files == whole.files
    torch.testing.assert_close(resumed.rows(files), whole.rows(files), atol=1e-3, rtol=0)
    assert not (folder / "partial").exists()


def test_ctrl_c_is_answered_by_the_parent_alone(native, pictures, tmp_path):
    pictures(120)
    process = start(
        native,
        tmp_path / "data",
        tmp_path / "features",
        0.2,
        workers=2,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )
    until(lambda: list((tmp_path / "features" / "partial").glob("*.safetensors")), process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it, to every process
    _, said = process.communicate(timeout=60)
    assert said.count(b"Traceback") == 1


def test_two_processes_share_the_work_of_one(native, pictures, tmp_path):
    files, folder = pictures(60), tmp_path / "features"
    both = [start(native, tmp_path / "data", folder, 0.02) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    store = FeatureStore.open(folder)
    assert store.files == tuple(files)
    alone = extract_features(load_teacher(f"local-dir:{native}"), tmp_path / "data", files, tmp_path / "alone")
    torch.testing.assert_close(store.rows(files), alone.rows(files), atol=1e-3, rtol=0)


class Killed(BaseException):
    """Stands for the end of the process at this very point."""


@pytest.mark.parametrize("moves", range(14))
def test_a_store_survives_an_end_at_any_of_its_moves(moves, teacher, pictures, tmp_path, monkeypatch):
    old, new, root = pictures(3), pictures(2, folder="new", seed=1), tmp_path / "data"
    folder = tmp_path / "features"
    before = extract_features(teacher, root, old, folder).rows(old)
    replace, left = Path.replace, [moves]

    def replace_until_killed(self: Path, target: Path) -> Path:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace_until_killed)
        try:
            extract_features(teacher, root, [*new, *old], folder)
            ended = False
        except Killed:
            ended = True
    assert ended is (moves < 13)  # key, one file of rows, five staged files, the marker, five moves
    assert open_store(folder).files == ((*old, *new) if moves > 7 else tuple(old))
    store = extract_features(teacher, root, [*new, *old], folder)
    assert store.files == (*old, *new)
    assert torch.equal(store.rows(old), before)
    fresh = extract_features(teacher, root, new, tmp_path / "fresh")
    torch.testing.assert_close(store.rows(new), fresh.rows(new), atol=1e-3, rtol=0)
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) == [
        "files.txt",
        "image.npy",
        "manifest.json",
        "skipped.json",
        "stamps.npy",
    ]


@pytest.fixture
def half_done(teacher, pictures, tmp_path) -> tuple[list[str], Path, Path]:
    """Eight pictures of which the last cannot be read, and a folder with the work on the others."""
    files, root, folder = pictures(8), tmp_path / "data", tmp_path / "features"
    whole = (root / files[7]).read_bytes()
    (root / files[7]).write_bytes(b"broken")
    with pytest.raises(InputError):
        extract_features(teacher, root, files, folder, batch_size=2)
    (root / files[7]).write_bytes(whole)
    return files, root, folder


def test_unfinished_work_of_another_key_is_refused(half_done, teacher):
    files, root, folder = half_done
    write_json(folder / "partial" / "key.json", {**teacher.key.as_dict(), "weights": "f" * 64})
    with pytest.raises(InputError, match="weights: stored ffff"):
        extract_features(teacher, root, files, folder)
    assert len(extract_features(teacher, root, files, folder, rebuild=True)) == 8


def test_an_image_changed_since_the_interruption_is_encoded_again(half_done, teacher, encoded):
    files, root, folder = half_done
    shutil.copy(root / files[0], root / files[1])
    done = encoded.images
    store = extract_features(teacher, root, files, folder)
    assert encoded.images == done + 2
    assert torch.equal(store.rows(files[:1]), store.rows(files[1:2]))


def test_what_a_kill_left_of_finished_work_is_no_obstacle(half_done, teacher, encoded):
    files, root, folder = half_done
    (folder / "partial" / "key.json").unlink()  # as a removal that was cut short may leave it
    done = encoded.images
    assert len(extract_features(teacher, root, files, folder)) == 8
    assert encoded.images == done + 8
    assert not (folder / "partial").exists()


def test_damaged_unfinished_work_is_done_again(half_done, teacher, encoded):
    files, root, folder = half_done
    (chunk,) = (folder / "partial").glob("*.safetensors")
    chunk.write_bytes(chunk.read_bytes()[:40])
    done = encoded.images
    assert len(extract_features(teacher, root, files, folder)) == 8
    assert encoded.images == done + 8
