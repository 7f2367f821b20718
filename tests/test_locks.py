"""Locks between real processes, and on file systems that have none."""

import errno
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.locks import held_run, locked

HOLD = """
import sys, time
from pathlib import Path
from clipling.locks import {how} as hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    {then}
"""


def holder(path: Path, how: str = "held_run", then: str = "sys.stdin.read()") -> subprocess.Popen[str]:
    """A process that holds a lock until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(how=how, then=then), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_run_that_is_held_is_refused_and_the_holder_named(tmp_path: Path) -> None:
    process = holder(tmp_path / "mine")
    with (
        pytest.raises(InputError, match=rf"mine: process {process.pid} on {socket.gethostname()}, since 2") as raised,
        held_run(tmp_path / "mine"),
    ):
        pass
    assert "wait until that ends, or stop it first" in str(raised.value)
    with held_run(tmp_path / "other"):
        pass
    process.communicate()
    with held_run(tmp_path / "mine"):
        pass


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    process = holder(tmp_path / "mine")
    process.kill()
    process.wait()
    with held_run(tmp_path / "mine"):
        pass


def test_waiting_says_for_whom(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    process = holder(tmp_path / "lock", "locked", "time.sleep(0.3)")
    with caplog.at_level(logging.WARNING, "clipling"), locked(tmp_path / "lock"):
        assert process.wait(10) == 0, "it was waited for"
    assert f"waiting for process {process.pid} on {socket.gethostname()}" in caplog.text


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_without_locks_of_the_file_system_a_file_stands_for_one(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with caplog.at_level(logging.WARNING, "clipling"), locked(tmp_path / "a"), locked(tmp_path / "b"):
        pass
    assert caplog.text.count("has no locks") == 1, "said once, not for each lock"
    with (
        held_run(tmp_path / "mine"),
        pytest.raises(InputError, match=f"mine: process {os.getpid()} on"),
        held_run(tmp_path / "mine"),
    ):
        pass
    with held_run(tmp_path / "mine"):
        pass


NO_LOCKS = """import errno, fcntl
def refuse(*_): raise OSError(errno.ENOLCK, "no locks")
fcntl.flock = refuse
"""


def test_a_file_that_stands_for_the_lock_of_a_killed_process_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = NO_LOCKS + HOLD.format(how="held_run", then="import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "mine")], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / ".mine.lock.soft").exists()

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with held_run(tmp_path / "mine"):
        pass


def test_a_folder_where_the_lock_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / ".mine.lock").mkdir()
    with (
        pytest.raises(InputError, match=r"cannot write .*\.mine\.lock: a folder of that name"),
        held_run(tmp_path / "mine"),
    ):
        pass
