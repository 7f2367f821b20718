"""Pictures of the hand camera for the training of the PickClutter teacher, and what is in them.

Shapes: N pictures, O objects in the order of `OBJECTS`.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from clipling import files
from clipling.applications.pickclutter.clutter import TEACHER_SEEDS, Clutter
from clipling.applications.pickclutter.objects import OBJECTS
from clipling.applications.pickclutter.shapes import SHAPES
from clipling.applications.pickclutter.simulation import Simulation
from clipling.applications.pickclutter.world import HAND_CAMERA

PIXELS = 128
VISIBLE = 10
"""Pixels of an object, of these smaller pictures, from which on it counts: those of the benchmark's 30 at 224."""
_ORDER = [list(SHAPES).index(model_id) for model_id in OBJECTS]


@dataclass(frozen=True)
class Pictures:
    """Pictures (N, PIXELS, PIXELS, 3) uint8 and what is in them (N, O) bool."""

    images: Tensor
    present: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def write(self, path: Path) -> None:
        """Keep them in a file, for `read`."""
        files.write_bytes(path, save({"images": self.images, "present": self.present}))

    @staticmethod
    def read(path: Path) -> "Pictures":
        """Those of a file."""
        return Pictures(**load_file(path))


def pictures(scenes: int, views: int, seed: int) -> Pictures:
    """One to six of all 26 objects fall into the tray; each scene is looked at several times in other light."""
    images, present, began = [], [], time.monotonic()
    with Simulation(Clutter(fewest=1, most=6, pixels=PIXELS)) as simulation:
        for index in range(scenes):
            rng = np.random.default_rng((TEACHER_SEEDS + seed, index))
            count = rng.integers(1, 7)
            simulation.drop([str(name) for name in rng.choice(list(OBJECTS), count, replace=False)], rng)
            for _ in range(views):
                simulation.dress(rng)
                view = simulation.see(HAND_CAMERA)
                images.append(view.rgb)
                present.append(simulation.shown(view)[_ORDER] >= VISIBLE)
            if index % 250 == 0:
                print(f"scene {index}/{scenes}  {time.monotonic() - began:.0f} s", flush=True)
    return Pictures(torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(present)))


def batches(pictures: Pictures, batch: int, epochs: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Images (B, 3, H, W) uint8, mirrored and turned by quarters at random, and what is in them (B, O)."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        order = torch.randperm(len(pictures), generator=generator)
        for rows in order[: len(order) // batch * batch].split(batch):
            images = pictures.images[rows].permute(0, 3, 1, 2)
            quarters = [torch.rot90(part, turn, (2, 3)) for turn, part in enumerate(images.chunk(4))]
            images = torch.cat(quarters)
            mirrored = torch.rand(batch, generator=generator) < 0.5
            images[mirrored] = images[mirrored].flip(3)
            yield images, pictures.present[rows]
