"""The page, served by the command itself in a process of its own, for tests that ask it as strangers do."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ctrl_c import heed_ctrl_c


@dataclass(frozen=True)
class Served:
    """Where the page is, and the process that shows it."""

    url: str
    process: subprocess.Popen[str]
    log: Path

    def said(self) -> str:
        """What its owner has read on the terminal so far."""
        return self.log.read_text()

    def peak_megabytes(self) -> float:
        """The most memory it has had so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def served(bundle: Path, place: Path, *options: str) -> Iterator[Served]:
    """The page on a bundle until the block ends; skips where Gradio is absent. It must end well on Ctrl-C."""
    pytest.importorskip("gradio", reason="gradio is absent (the extra `playground`): the page is not tested")
    port = free_port()
    command = [sys.executable, "-m", "clipling", "playground", str(bundle), "--port", str(port), *options]
    with (place / "log.txt").open("w+") as log:
        unheeded = {
            "GRADIO_RUN_HISTORY": "True",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "ALL_PROXY": "socks5://127.0.0.1:9",
        }
        environment = {**os.environ, **unheeded, "GRADIO_TEMP_DIR": str(place / "uploads")}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, text=True, preexec_fn=heed_ctrl_c)
        try:
            _wait(port, process, place / "log.txt")
            yield Served(f"http://127.0.0.1:{port}", process, place / "log.txt")
        finally:
            process.send_signal(signal.SIGINT)
            try:
                status = process.wait(60)
            finally:
                process.kill()
        said = (place / "log.txt").read_text()
        assert status == 0, said
        assert "Traceback" not in said


def _wait(port: int, process: subprocess.Popen[str], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text())
