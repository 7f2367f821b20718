"""Locks between processes. Whoever is in the way is named: process, machine, and since when.

The kernel lets go of the lock of a process that was killed. On a file system without such locks (some network and FUSE
mounts) a file that exists stands for the lock, until its process ends or, on the same machine, is found dead.
"""

import errno
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from clipling.contracts.errors import InputError
from clipling.contracts.system import disk_trouble_named, make_file, make_folder

if TYPE_CHECKING:
    from filelock import BaseFileLock

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
_log = logging.getLogger(__name__)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`. While another process holds it, this one says so and waits."""
    with _held(path, wait=True):
        yield


@contextmanager
def held_run(folder: Path) -> Iterator[None]:
    """Hold the run in `folder`, by a lock file beside it, while it is trained or written.

    Of several processes that train together the first one alone does. Raises InputError, naming who holds it, when
    another one does.
    """
    place = folder.resolve()
    file = place.with_name(f".{place.name}.lock")
    first = os.environ.get("RANK", "0") == "0"
    with _held(file, wait=False, what=folder) if first else nullcontext():
        try:
            yield
        finally:
            if first and not place.exists():  # refused before anything was written: nothing stays
                file.unlink(missing_ok=True)


@contextmanager
def _held(path: Path, *, wait: bool, what: Path | None = None) -> Iterator[None]:
    make_folder(path.parent)
    make_file(path)
    with disk_trouble_named(path):
        lock = _acquired(path, what or path, wait=wait)
    try:
        yield
    finally:
        lock.release()


def _acquired(path: Path, what: Path, *, wait: bool) -> "BaseFileLock":
    from filelock import FileLock, SoftFileLock

    if not _has_locks(path):
        _say_soft(path.parent)
        return _queued(SoftFileLock(f"{path}.soft"), what, wait=wait)
    lock = _queued(FileLock(path), what, wait=wait)
    with suppress(OSError):  # a full disk: the lock holds, though nobody can say whose it is
        path.write_text(f"{os.getpid()}\n{socket.gethostname()}\n")
    return lock


def _has_locks(path: Path) -> bool:
    """Whether the file system that the file `path` lies on has locks of the kernel."""
    try:
        import fcntl
    except ImportError:  # Windows, whose file systems all have them
        return True
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # released as the file is closed
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return False
    return True


def _queued(lock: "BaseFileLock", what: Path, *, wait: bool) -> "BaseFileLock":
    from filelock import Timeout

    try:
        lock.acquire(blocking=False)
    except Timeout:
        holder = _holder(Path(lock.lock_file))
        if not wait:
            raise InputError(f"{what}: {holder} is at work on it; wait until that ends, or stop it first") from None
        _log.warning("%s: waiting for %s", what, holder)
        lock.acquire()
    return lock


def _holder(path: Path) -> str:
    """Who holds a lock, as its file says it in its first two lines."""
    try:
        process, machine = path.read_text().splitlines()[:2]
        since = datetime.fromtimestamp(path.stat().st_mtime).isoformat(" ", "seconds")
    except (OSError, ValueError):
        return "another process"
    return f"process {process} on {machine}, since {since},"


@cache
def _say_soft(folder: Path) -> None:
    _log.warning(
        "%s: this file system has no locks, so that a file stands for each; if a process on another machine was killed "
        "and is waited for, remove the .soft file it left",
        folder,
    )
