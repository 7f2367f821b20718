"""Batches that worker processes cannot make or hand over end the wait for them, with the reason."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.data import workers as module
from clipling.data.loader import Batch, Batches, Order, OrderedLoader
from clipling.data.workers import workers_with_room


class Failing(Batches):
    """Batches of which the third, by its order, goes wrong in the worker."""

    image_bytes = 1

    def __init__(self, go_wrong: Callable[[Batch], object]) -> None:
        self.go_wrong = go_wrong

    def __getitem__(self, order: Order) -> Batch:
        batch = Batch(torch.zeros(len(order.rows), 1, 1, 1, dtype=torch.uint8), torch.from_numpy(order.rows))
        if order.positions[0] == 4:
            return self.go_wrong(batch)  # type: ignore[return-value]
        return batch


def die(_: Batch) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(_: Batch) -> None:
    os._exit(3)


class Unsendable:
    """What its process cannot put into words."""

    def __reduce__(self) -> str:
        raise OSError(28, "No space left on device")


def unsendable(batch: Batch) -> object:
    return batch._replace(images=Unsendable())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("go_wrong", "workers", "said"),
    [
        (die, 1, "a process that loads images has ended"),
        (leave, 1, "a process that loads images has ended"),
        (leave, 2, "a process that loads images has ended"),
        (unsendable, 1, "could not be handed over by the process that made it .*No space left"),
        (unsendable, 2, "could not be handed over by the process that made it .*No space left"),
    ],
)
def test_a_worker_that_fails_ends_the_wait(go_wrong: Callable[[Batch], object], said: str, workers: int) -> None:
    loader = OrderedLoader(Failing(go_wrong), range(12), batch_size=2, seed=0, workers=workers)
    with pytest.raises(InputError, match=said) as raised:
        list(loader.epoch(1))
    assert "--hardware.workers" in str(raised.value)


@pytest.mark.parametrize(
    ("batch_bytes", "wanted", "given"),
    [(0, 4, 4), (1, 4, 4), (1 << 20, 0, 0), (1 << 60, 4, 0), (1 << 60, 1, 0), (1 << 60, 0, 0)],
)
def test_extremes_of_room(batch_bytes: int, wanted: int, given: int, tmp_path: Path) -> None:
    assert workers_with_room(wanted, batch_bytes, tmp_path) == given
    assert workers_with_room(wanted, batch_bytes, tmp_path / "absent") == wanted


@pytest.mark.parametrize(
    ("megabytes", "batch", "processes", "given"),
    [
        (64, 128 * 3 * 224 * 224, 1, 0),  # Docker's, with the paper's batch: two batches ahead and two in use are 77 MB
        (64, 32 * 3 * 224 * 224, 1, 4),
        (64, 64 * 3 * 224 * 224, 1, 2),
        (128, 64 * 3 * 224 * 224, 2, 2),
        (1024, 128 * 3 * 224 * 224, 1, 4),
    ],
)
def test_as_many_workers_as_have_room(
    megabytes: int,
    batch: int,
    processes: int,
    given: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    disk = os.statvfs_result((4096, 4096, 0, 0, megabytes * 256, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda place: disk)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    module._say_fewer.cache_clear()
    with caplog.at_level(logging.WARNING, "clipling"):
        assert [workers_with_room(4, batch, tmp_path) for _ in range(3)] == [given] * 3
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == (given < 4), "once"
    assert all(f"enough for {given} of 4 processes that load images" in line and "--shm-size" in line for line in said)


IN_LITTLE_MEMORY = """
import sys
from pathlib import Path
import numpy as np
from clipling.data import loader, workers
from clipling.data.config import Augmentation
from clipling.data.folder import scan
from clipling.data.pixels import Pixels
if sys.argv[2] == "blind":
    workers.workers_with_room = loader.workers_with_room = lambda wanted, batch_bytes: wanted
root = Path(sys.argv[1])
pixels = Pixels(root, scan(root).files, 250)
made = loader.TrainingLoader(pixels, range(len(pixels.files)), size=224, augmentation=Augmentation(), batch_size=16,
                             repeats=8, seed=0, workers=2)
print(sum(len(batch.rows) for batch in made.epoch(0)))
"""


@pytest.fixture
def little_memory() -> list[str]:
    """How a command is given a /dev/shm of 4 MB; skipped where that is not allowed."""
    script = 'mount -t tmpfs -o size=4m none /dev/shm && exec "$@"'
    wrapper = ["unshare", "-m", "sh", "-c", script, "sh"]
    if not sys.platform.startswith("linux") or subprocess.run([*wrapper, "true"], capture_output=True).returncode:
        pytest.skip("may not give a process a small /dev/shm")
    return wrapper


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [("looking", 0, "enough for 0 of 2 processes that load images, so that this process"), ("blind", 1, "InputError")],
)
def test_a_small_dev_shm_is_no_trap(
    how: str, status: int, said: str, little_memory: list[str], make_images: Callable[[dict[str, int]], Path]
) -> None:
    root = make_images({"cup": 8, "tree": 8})
    command = [*little_memory, sys.executable, "-c", IN_LITTLE_MEMORY, str(root), how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr
    assert done.stdout == ("" if status else "128\n")
