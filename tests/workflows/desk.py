"""The command line, for tests: a copy of the birds to spoil, and what a command answers."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from clipling.aviary import teacher_spec
from clipling.cli import main

TEACHER = Path(teacher_spec().removeprefix("local-dir:"))
WEIGHTS = "open_clip_model.safetensors"
QUICK = {
    "--student": "test_resnet",
    "--image-size": 32,
    "--epochs": 2,
    "--batch-size": 32,
    "--repeats": 1,
    "--hardware.accelerator": "cpu",
    "--hardware.precision": "fp32",
    "--hardware.workers": 0,
}


@dataclass
class Desk:
    """Birds of one's own in `data` with their `split`, and `out`, where a run would go."""

    place: Path
    capsys: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        self.data, self.out = self.place / "birds", self.place / "runs" / "mine"
        self.split = self.data / "split"

    def run(self, *tokens: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(token) for token in tokens])
        said = self.capsys.readouterr()
        return int(stopped.value.code or 0), " ".join((said.out + said.err).split())

    def distill(self, *more: object, teacher: str | None = None) -> tuple[int, str]:
        quick = [token for option in QUICK.items() if option[0] not in more for token in option]
        split = ("--split", self.split) if self.split.exists() else ()
        return self.run("distill", self.data, teacher or teacher_spec(), self.out, *quick, *split, *more)

    def taught_by(self, change: Callable[[torch.Tensor], torch.Tensor]) -> str:
        folder = self.place / "teacher"
        shutil.copytree(TEACHER, folder)
        weights = load_file(folder / WEIGHTS)
        name = next(name for name, value in weights.items() if value.ndim > 1)
        save_file({**weights, name: change(weights[name]).contiguous()}, folder / WEIGHTS)
        return f"local-dir:{folder}"


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file and folder, but for lock files: some versions of filelock touch them."""
    kept = [file for file in folder.rglob("*") if file.name != ".lock"]
    return {str(file): (file.stat().st_size, file.stat().st_mtime_ns) for file in kept}
