"""A small aviary and one finished run on it, made once for all tests of the workflows."""

from pathlib import Path
from typing import Any

import pytest

import clipling
from clipling.aviary import teacher_spec, write_aviary
from clipling.training.config import Hardware

HARDWARE = Hardware(accelerator="cpu", precision="fp32", workers=1)
TINY: dict[str, Any] = {
    "student": "test_resnet",
    "image_size": 32,
    "epochs": 2,
    "batch_size": 32,
    "repeats": 1,
    "hardware": HARDWARE,
}


@pytest.fixture(scope="session")
def aviary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 seen species with two training images each, 100 unseen ones; two images a species to test."""
    return write_aviary(tmp_path_factory.mktemp("data") / "aviary", train=2, held_out=2)


@pytest.fixture(scope="session")
def tiny(aviary: Path) -> dict[str, Any]:
    """Arguments of a run that takes seconds."""
    return {"data": aviary, "teacher": teacher_spec(), "split": aviary / "split", **TINY}


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where runs lie that share one .clipling."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def finished(tiny: dict[str, Any], runs: Path) -> clipling.Run:
    """A finished run of the full method; tests read it and leave it as it is."""
    return clipling.distill(**tiny, out=runs / "finished")
