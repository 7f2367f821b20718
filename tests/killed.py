"""Work that is killed before one of its changes on the disk, whichever is asked for, at no moment left to chance.

A change is a file that is opened to be written, renamed, linked, cut or removed, or a folder that is made or removed. A
kill before anything else leaves the same disk as one before the next change.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable

import pytest

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
_CHANGES = {f"os.{name}" for name in ("rename", "remove", "mkdir", "rmdir", "link", "symlink", "truncate")}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def killed(work: Callable[[], object], *, before: int) -> bool:
    """Do the work in a child, which is killed before so many of its changes; whether it came so far."""
    return changes_of(work, at_most=before) is None


def changes_of(work: Callable[[], object], *, at_most: int | None = None) -> int | None:
    """Do the work in a child; how many changes it made, or None where it is killed before more than `at_most`."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _do_and_die(work, at_most, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        count = told.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), "the work failed"
    return None if status else int(count)


def _do_and_die(work: Callable[[], object], at_most: int | None, report: int) -> None:
    count = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if _is_change(event, arguments):
            if count == at_most:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1

    try:
        sys.addaudithook(watch)
        work()
        os.write(report, str(count).encode())
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _is_change(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        path, _, flags = arguments
        named = isinstance(path, str | bytes) and path != os.devnull
        return named and isinstance(flags, int) and bool(flags & _WRITING)
    return event in _CHANGES
