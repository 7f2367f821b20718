"""The figures of an export: size, latency, accuracy on seen and unseen classes, and how well it repeats torch.

Every engine is given whole pictures, each decoded once at its full size, and resizes and crops them as its user will.

Shapes: N images, D embedding width, S x S pixels as the network sees them, H x W of a picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from clipling.data.decode import decode_image
from clipling.deploy.bundle import Bundle
from clipling.deploy.exports.parity import Parity
from clipling.deploy.pixels import pixels_of
from clipling.evaluation.zero_shot import accuracies
from clipling.workflows.exports.formats import Engine
from clipling.workflows.exports.photographs import Photographs
from clipling.workflows.speed.stopwatch import percentile, seconds_each

_SECONDS = 0.5


@dataclass(frozen=True)
class Figures:
    """Of one engine. milliseconds: the median for a decoded picture; parity: against torch, None for torch itself."""

    name: str
    megabytes: float
    milliseconds: float
    accuracy: dict[str, float]
    parity: Parity | None

    def as_json(self) -> dict[str, Any]:
        figures = {"name": self.name, "megabytes": self.megabytes, "milliseconds": self.milliseconds}
        parity = {} if self.parity is None else {"parity": self.parity.as_json()}
        return {**figures, "accuracy": self.accuracy, **parity}


def measure_engines(
    engines: Sequence[Engine], photographs: Photographs, bundle: Bundle
) -> tuple[list[Figures], Parity | None]:
    """The figures of every engine, the student in torch first, and the parity of the last one's network alone.

    The latter is None where its squares are those of the evaluation, so that the former says the same.
    """
    last = engines[-1].network
    encoders = [engine.encode for engine in engines]
    if last is not None:
        encoders.append(lambda picture: last(pixels_of(picture, bundle.config).permute(1, 2, 0)[None]))
    reference, *others = _rows(encoders, photographs.files)
    parities = [Parity.between(reference, rows, bundle.text) for rows in others]
    picture = _decoded(photographs.files[0])
    figures = [
        Figures(
            name=engine.name,
            megabytes=engine.size / 1e6,
            milliseconds=percentile(seconds_each(partial(engine.encode, picture), budget=_SECONDS), 50) * 1000,
            accuracy=_accuracy(photographs, rows),
            parity=parity,
        )
        for engine, rows, parity in zip(engines, (reference, *others), (None, *parities), strict=False)
    ]
    return figures, None if last is None else parities[-1]


def _decoded(file: Path) -> np.ndarray:
    return np.array(decode_image(file))


def _rows(encoders: Sequence[Callable[[np.ndarray], Tensor]], files: Sequence[Path]) -> list[Float[Tensor, "N D"]]:
    """By encoder, a row of each file."""
    rows = [[encode(picture) for encode in encoders] for picture in map(_decoded, files)]
    return [torch.cat(of_one) for of_one in zip(*rows, strict=True)]


def _accuracy(photographs: Photographs, rows: Float[Tensor, "N D"]) -> dict[str, float]:
    seen = len(photographs.id)
    return {} if photographs.task is None else accuracies(photographs.task, rows[:seen], rows[seen:])
