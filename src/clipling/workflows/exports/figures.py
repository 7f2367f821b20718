"""The figures of an export: size, latency, accuracy on seen and unseen classes, and how well it repeats torch.

Shapes: N images, B at a time, D embedding width, S x S pixels as the network sees them, H x W of a picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from clipling.data.decode import decode_image
from clipling.deploy.bundle import Bundle
from clipling.deploy.exports.parity import Parity
from clipling.deploy.pixels import pixels_of
from clipling.evaluation.zero_shot import accuracies
from clipling.workflows.exports.formats import Engine
from clipling.workflows.exports.photographs import Photographs, spread
from clipling.workflows.speed.stopwatch import percentile, seconds_each

_BATCH = 32
_SECONDS = 0.5
_PICTURES = 50


@dataclass(frozen=True)
class Figures:
    """Of one engine. milliseconds: the median for one image; parity: against torch, None for torch itself."""

    name: str
    megabytes: float
    milliseconds: float
    accuracy: dict[str, float]
    parity: Parity | None
    rows: Float[Tensor, "N D"]

    def as_json(self) -> dict[str, Any]:
        figures = {"name": self.name, "megabytes": self.megabytes, "milliseconds": self.milliseconds}
        parity = {} if self.parity is None else {"parity": self.parity.as_json()}
        return {**figures, "accuracy": self.accuracy, **parity}


def measure_engine(engine: Engine, photographs: Photographs, bundle: Bundle, reference: Figures | None) -> Figures:
    """Encode every photograph and compare the rows with those of `reference`, the student in torch."""
    images = photographs.evaluated
    rows = torch.cat([engine.encode(part) for part in torch.split(images, _BATCH)])
    taken = seconds_each(lambda: engine.encode(images[:1]), budget=_SECONDS)
    seen = len(photographs.id)
    task = photographs.task
    return Figures(
        name=engine.name,
        megabytes=engine.size / 1e6,
        milliseconds=percentile(taken, 50) * 1000,
        accuracy={} if task is None else accuracies(task, rows[:seen], rows[seen:]),
        parity=None if reference is None else Parity.between(reference.rows, rows, bundle.text),
        rows=rows,
    )


def parity_of_pictures(
    squares: Callable[[UInt8[Tensor, "B S S 3"]], Float[Tensor, "B D"]],
    whole: Callable[[UInt8[Tensor, "B H W 3"]], Float[Tensor, "B D"]],
    files: Sequence[Path],
    bundle: Bundle,
) -> Parity:
    """How far the rows of whole pictures are from those that the same network gives for squares cut by evaluation.

    Both start from the pixels of a file at its full size, of up to 50 files.
    """
    rows: list[tuple[Tensor, Tensor]] = []
    for file in spread(files, _PICTURES):
        picture = decode_image(file)
        square = pixels_of(picture, bundle.config).permute(1, 2, 0).contiguous()
        rows.append((squares(square[None]), whole(torch.from_numpy(np.array(picture)[None]))))
    wanted, given = zip(*rows, strict=True)
    return Parity.between(torch.cat(wanted), torch.cat(given), bundle.text)
