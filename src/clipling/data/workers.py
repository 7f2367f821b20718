"""Worker processes that make batches: how many there is room for, and how their failures reach whoever waits for them.

Batches travel in shared memory, which containers keep small (Docker: 64 MB). A batch that does not fit there is lost on
its way, and torch would wait for it for ever.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from multiprocessing.queues import Queue
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from clipling.contracts.errors import InputError

T = TypeVar("T")
_SHARED_MEMORY = Path("/dev/shm")
_AHEAD = 2
"""Batches that each worker makes ahead, as torch has it by default."""
_IN_USE = 2
"""Batches besides that the one who trains holds: the last one and the next."""
_log = logging.getLogger(__name__)


def workers_with_room(wanted: int, batch_bytes: int, place: Path = _SHARED_MEMORY) -> int:
    """As many workers as are wanted, or fewer, said so, where shared memory does not hold the batches of so many."""
    if not wanted or not place.is_dir():
        return wanted
    disk = os.statvfs(place)
    free = disk.f_bavail * disk.f_frsize // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    room = max(0, (free // max(1, batch_bytes) - _IN_USE) // _AHEAD)
    if room < wanted:
        _say_fewer(place, free >> 20, room, wanted, (_AHEAD * wanted + _IN_USE) * batch_bytes >> 20)
    return min(room, wanted)


@cache  # evaluation asks again after each epoch
def _say_fewer(place: Path, free: int, room: int, wanted: int, needed: int) -> None:
    _log.warning(
        "%s has %d MB free, enough for %d of %d processes that load images%s; all of them need %d MB "
        "(docker run --shm-size %dm, or a smaller --batch-size)",
        place,
        free,
        room,
        wanted,
        "" if room else ", so that this process loads them itself, more slowly",
        needed,
        needed + 1,
    )


def begin_work(_worker: int) -> None:
    """For `worker_init_fn`: what a worker process does before all else."""
    _leave_ctrl_c_to_the_parent()
    Queue._on_queue_feeder_error = _hand_over_failure  # type: ignore[attr-defined]  # as concurrent.futures does


def _leave_ctrl_c_to_the_parent() -> None:
    """Ctrl-C reaches every process of a terminal; the parent answers it, and a worker it leaves has nobody to tell."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    report = sys.excepthook

    def unless_alone(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, BrokenPipeError | ConnectionResetError):
            report(kind, error, trace)

    sys.excepthook = unless_alone


def _hand_over_failure(queue: "Queue[Any]", error: Exception, lost: Any) -> None:
    """Send, in place of a batch that cannot be sent, the reason."""
    if not isinstance(lost, tuple) or len(lost) != 2 or isinstance(lost[1], InputError):
        os._exit(1)  # which the parent notices
    reason = InputError(
        f"a batch of images could not be handed over by the process that made it ({error}); make {_SHARED_MEMORY} "
        "larger, or give a smaller --batch-size, or --hardware.workers 0"
    )
    queue.put((lost[0], reason))


def handed_over(batches: Iterable[T | InputError]) -> Iterator[T]:
    """The batches of a loader. Raises the error that comes in place of one, and InputError where a worker has ended."""
    iterator = _begun(batches)
    while True:
        try:
            batch = next(iterator)
        except StopIteration:
            return
        except (RuntimeError, EOFError, ConnectionError) as error:  # whichever torch stumbles over first
            if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
                raise
            raise InputError(
                f"a process that loads images has ended ({str(error) or type(error).__name__}), as happens where "
                "memory runs out; give a smaller --batch-size, or fewer --hardware.workers"
            ) from error
        if isinstance(batch, InputError):
            raise batch
        yield batch


def _begun(batches: Iterable[T]) -> Iterator[T]:
    """The iterator, without the signal handler by which torch raises that a worker ended wherever this process is.

    Whoever waits for a batch is told all the same: torch looks after its workers every few seconds.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGCHLD"):
        return iter(batches)
    before = signal.getsignal(signal.SIGCHLD) or signal.SIG_DFL
    try:
        return iter(batches)
    finally:
        signal.signal(signal.SIGCHLD, before)
