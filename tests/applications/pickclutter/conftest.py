"""Drawn scenes, coloured squares on a table, and one finished run on them, made once for all tests of the room."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("h5py", reason="recorded scenes need h5py: pip install 'clipling[pickclutter]'")

from clipling.applications.pickclutter.episodes import Observation, write_episodes
from clipling.applications.pickclutter.train import train
from clipling.aviary import teacher_spec
from clipling.training.config import Hardware
from clipling.workflows.run import Run

COLOURS = {
    "011_banana": (230, 210, 40),
    "013_apple": (200, 20, 30),
    "024_bowl": (90, 10, 20),
    "017_orange": (240, 130, 10),
    "036_wood_block": (150, 100, 50),
}
SEEN, UNSEEN = ("011_banana", "013_apple", "024_bowl"), ("017_orange", "036_wood_block")
HARDWARE = Hardware(accelerator="cpu", precision="fp32", workers=0)
TINY: dict[str, Any] = {
    "student": "test_efficientnet",
    "image_size": 64,
    "epochs": 2,
    "batch_size": 8,
    "hardware": HARDWARE,
    "logger": (),
}


def drawn_scene(number: int, objects: Sequence[str], seed: int, side: int = 48) -> Observation:
    """Some of the objects, each a square at another place of either camera's picture."""
    draw = np.random.default_rng([seed, number])
    there = sorted(draw.choice(objects, size=draw.integers(1, len(objects)), replace=False).tolist())
    pictures = []
    for _ in range(2):
        rgb = np.full((side, side, 3), 120, np.uint8)
        depth = np.ones((side, side, 1), np.float32)
        for one in there:
            y, x = draw.integers(0, side - 12, 2)
            rgb[y : y + 12, x : x + 12], depth[y : y + 12, x : x + 12] = COLOURS[one], 0.8
        pictures += [rgb, depth]
    base_rgb, base_depth, hand_rgb, hand_depth = pictures
    return Observation(f"episode_{number:03d}", base_rgb, base_depth, hand_rgb, hand_depth, tuple(there))


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with train.h5 and id.h5 of the seen objects, ood.h5 and fewshot.h5 of all."""
    folder = tmp_path_factory.mktemp("scenes")
    kinds = {"train": (24, SEEN), "id": (8, SEEN), "ood": (10, tuple(COLOURS)), "fewshot": (6, tuple(COLOURS))}
    for seed, (name, (count, objects)) in enumerate(kinds.items()):
        write_episodes(folder / f"{name}.h5", (drawn_scene(number, objects, seed) for number in range(count)))
    return folder


@pytest.fixture(scope="session")
def tiny(files: Path) -> dict[str, Any]:
    """Arguments of a training that takes seconds."""
    named = {name: files / f"{name}.h5" for name in ("train", "id", "ood")}
    return {**named, "teacher": teacher_spec(), **TINY}


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where runs lie that share one .clipling."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def finished(tiny: dict[str, Any], runs: Path) -> Run:
    """A finished run of the full method; tests read it and leave it as it is."""
    train(**tiny, out=runs / "finished", recipe="cls+im_cst+semantics")
    return Run(runs / "finished")
