"""Work that is killed before one of its file operations, whichever a test asks for, at no moment left to chance."""

import itertools
import os
import signal
import sys
import traceback
from collections.abc import Callable

import pytest

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def killed(work: Callable[[], object], *, before: int) -> bool:
    """Do the work in a child, which is killed before so many of its file operations; whether it came so far."""
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, -signal.SIGKILL), "the work failed"
        return status != 0
    operations = itertools.count()

    def kill(event: str, _: object) -> None:
        if (event == "open" or event.startswith(("os.", "shutil."))) and next(operations) == before:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(kill)
        work()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)
