"""Scenes as the student sees them: eight channels of S x S, resized once and kept on disk beside the runs.

Shapes: N scenes, S x S pixels, 8 channels: base RGB (bytes), base depth (metres), hand RGB, hand depth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.lib.format import open_memmap
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from clipling.applications.pickclutter.episodes import Episodes, Observation
from clipling.contracts.errors import InputError
from clipling.data.augment import random_numbers_of
from clipling.data.loader import Batch, Batches, Order
from clipling.files import atomic, hash_strings, take_space
from clipling.locks import locked
from clipling.workflows.console import counting

CHANNELS = 8


def as_tensor(seen: Observation, size: int) -> Float[Tensor, "8 S S"]:
    """An observation in float16, whole (not cropped), resized to `size` x `size`."""
    parts = (seen.base_rgb, seen.base_depth, seen.hand_rgb, seen.hand_depth)
    images = [torch.from_numpy(np.array(part, np.float32)).permute(2, 0, 1) for part in parts]
    if len({image.shape[1:] for image in images}) == 1:
        return _resized(torch.cat(images), size)
    return torch.cat([_resized(image, size) for image in images])


def _resized(image: Tensor, size: int) -> Tensor:
    resized: Tensor = F.resize(image, [size, size], antialias=True)
    return resized.half()


class Observations(Sequence[Tensor]):
    """The scenes of a file at one size; their pixels stay on disk, each process maps them for itself.

    `names` of the episodes, `objects` present in each.
    """

    def __init__(
        self, path: Path, names: Sequence[str], objects: Sequence[tuple[str, ...]], rows: Sequence[int] | None = None
    ) -> None:
        """rows: which of the scenes in the file they are; by default all."""
        self.path, self.names, self.objects = path, tuple(names), tuple(objects)
        self._rows = range(len(self.names)) if rows is None else rows
        self._pixels: np.memmap | None = None

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, row: int) -> Float[Tensor, "8 S S"]:  # type: ignore[override]
        """The scene in that row, float16."""
        if self._pixels is None:
            self._pixels = np.load(self.path, mmap_mode="r")
        return torch.from_numpy(np.array(self._pixels[self._rows[row]]))

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_pixels": None}

    def part(self, rows: Sequence[int]) -> "Observations":
        """Some of the scenes."""
        names, objects = [self.names[row] for row in rows], [self.objects[row] for row in rows]
        return Observations(self.path, names, objects, [self._rows[row] for row in rows])

    def present(self, asked: Sequence[str]) -> Bool[Tensor, "N C"]:
        """Whether each asked object is in each scene."""
        return torch.tensor([[model_id in there for model_id in asked] for there in self.objects])


def stamp(path: Path) -> str:
    """Short and different for another file, or the same file at another time."""
    about = path.stat()
    return hash_strings([str(path.resolve()), str(about.st_size), str(about.st_mtime_ns)])[:12]


def open_observations(episodes: Episodes, size: int, folder: Path) -> Observations:
    """The scenes at that size, from `folder`, where they are made unless they are there.

    Raises InputError, naming file and episode, for what is no scene.
    """
    place = folder / f"{episodes.path.stem}-{size}px-{stamp(episodes.path)}.npy"
    labels = episodes.labels()
    with locked(folder / ".lock"):
        if not place.exists():
            _make(episodes, size, place)
    return Observations(place, episodes.names, [labels[name] for name in episodes.names])


def _make(episodes: Episodes, size: int, place: Path) -> None:
    shape = (len(episodes), CHANNELS, size, size)
    with atomic(place) as partial, counting(f"resizing {episodes.path.name}") as progress:
        pixels = open_memmap(partial, mode="w+", dtype=np.float16, shape=shape)
        take_space(partial, pixels.nbytes)
        for row, seen in enumerate(episodes):
            pixels[row] = as_tensor(seen, size).numpy()
            progress(row + 1, len(episodes))
        pixels.flush()


@dataclass(frozen=True)
class FlippedBatches(Batches):
    """Whole batches by their order, every second scene mirrored, both cameras with their depths together.

    Which ones is a function of (seed, epoch, position). few: scenes of few shots, numbered on from the others.
    """

    scenes: Observations
    few: Observations | None
    seed: int

    @property
    def image_bytes(self) -> int:
        """What one scene takes."""
        return self.scenes[0].nbytes

    def __getitem__(self, order: Order) -> Batch | InputError:
        images = [
            self._image(row, position, order.epoch)
            for row, position in zip(order.rows.tolist(), order.positions.tolist(), strict=True)
        ]
        whole = torch.stack(images).contiguous(memory_format=torch.channels_last)  # a third faster on a CPU
        return Batch(whole, torch.from_numpy(order.rows))

    def _image(self, row: int, position: int, epoch: int) -> Tensor:
        many = len(self.scenes)
        image = self.scenes[row] if self.few is None or row < many else self.few[row - many]
        with random_numbers_of(self.seed, epoch, position):
            return image.flip(-1) if torch.rand(()) < 0.5 else image
