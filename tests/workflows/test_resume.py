"""A run that is killed and resumed ends in the weights of one that was not, bit for bit."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import clipling
from ctrl_c import heed_ctrl_c

EPOCHS = 6


@pytest.fixture(scope="module")
def command(tiny: dict[str, Any]) -> list[str]:
    options = {
        name: tiny[name] for name in ("data", "teacher", "split", "student", "image_size", "batch_size", "repeats")
    }
    options |= {"epochs": EPOCHS, "hardware.accelerator": "cpu", "hardware.precision": "fp32", "hardware.workers": 1}
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    return [sys.executable, "-m", "clipling", "distill", *flags]


@pytest.fixture(scope="module")
def undisturbed(tiny: dict[str, Any], runs: Path) -> dict[str, torch.Tensor]:
    run = clipling.distill(**{**tiny, "epochs": EPOCHS}, out=runs / "undisturbed")
    return load_file(run.student / "model.safetensors")


def checkpoints(out: Path) -> int:
    return max((int(path.stem.split("-")[1]) for path in (out / "checkpoints").glob("epoch-*.pt")), default=0)


def start_and_stop(command: list[str], out: Path, *, after: int, wait: float, how: signal.Signals) -> int:
    """Start a run, send the signal `wait` seconds after the checkpoint of epoch `after`; returns the exit status.

    after: 0 for the moment when the run is begun.
    """
    with (out.parent / f"{out.name}.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--out", str(out)],
            stdout=log,
            stderr=log,
            preexec_fn=heed_ctrl_c,
        )
        deadline = time.monotonic() + 240
        while (checkpoints(out) < after or not (out / "config.yaml").exists()) and process.poll() is None:
            assert time.monotonic() < deadline, "the run did not get going"
            time.sleep(0.001)
        time.sleep(wait)
        process.send_signal(how)
        return process.wait(60)


@pytest.mark.parametrize(("after", "wait"), [(0, 0.0), (1, 0.0), (2, 0.013), (3, 0.05)])
def test_killed_and_resumed_is_bit_identical(
    command: list[str], undisturbed: dict[str, torch.Tensor], runs: Path, after: int, wait: float
) -> None:
    out = runs / f"killed-{after}"
    status = start_and_stop(command, out, after=after, wait=wait, how=signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert not (out / "results.json").exists()
    subprocess.run([*command, "--out", str(out), "--resume"], check=True, capture_output=True)
    resumed = load_file(out / "student" / "model.safetensors")
    assert all(torch.equal(resumed[name], value) for name, value in undisturbed.items())
    rows = clipling.Run(out).log.read_text().splitlines()
    assert [line.count('"event": "epoch"') for line in rows] == [1] * EPOCHS


def test_ctrl_c_says_how_to_go_on_and_leaves_a_run_that_resumes(
    command: list[str], undisturbed: dict[str, torch.Tensor], runs: Path
) -> None:
    out = runs / "interrupted"
    status = start_and_stop(command, out, after=2, wait=0.01, how=signal.SIGINT)
    assert status == 130
    said = (out.parent / "interrupted.log").read_text()
    assert "--resume" in said
    assert "Traceback" not in said
    subprocess.run([*command, "--out", str(out), "--resume"], check=True, capture_output=True)
    resumed = load_file(out / "student" / "model.safetensors")
    assert all(torch.equal(resumed[name], value) for name, value in undisturbed.items())
