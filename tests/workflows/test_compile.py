"""A compiled student from beginning to end: its weights have their usual names, and a stopped run goes on."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import clipling


@pytest.mark.slow
def test_a_compiled_student_trains_resumes_and_ships(tiny: dict[str, Any], tmp_path: Path) -> None:
    if not (shutil.which("g++") or shutil.which("c++") or shutil.which("clang++")):
        pytest.skip("no C++ compiler is found: --hardware.compile is not tested")
    hardware = replace(tiny["hardware"], compile=True)
    run = clipling.distill(**{**tiny, "hardware": hardware}, out=tmp_path / "run")
    weights = load_file(run.student / "model.safetensors")
    assert not [name for name in weights if "_orig_mod" in name], "no name tells of the compiler"
    assert clipling.evaluate(run).repeated

    (run.checkpoints / "epoch-0002.pt").unlink()  # as if it had been stopped in the second epoch
    (run.folder / "results.json").unlink()
    assert clipling.distill(**{**tiny, "hardware": hardware}, out=run.folder, resume=True).is_finished
    for name, value in load_file(run.student / "model.safetensors").items():
        torch.testing.assert_close(value, weights[name], msg=name)
