"""How far an export may leave the student it was made from, and how far it has.

Shapes: N images, C classes, D embedding width.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.tensors import cosine


@dataclass(frozen=True)
class Tolerance:
    """What an export must keep to: the largest distance between two rows of one image, their mean distance, and the
    least share of images whose nearest class is the same.
    """

    largest: float
    mean: float
    same_class: float


TOLERANCE = {
    "fp32": Tolerance(largest=0.01, mean=1e-3, same_class=0.98),
    "fp16": Tolerance(largest=0.05, mean=0.01, same_class=0.97),
    "int8": Tolerance(largest=1.0, mean=0.3, same_class=0.75),
}
"""By precision. That of fp32 allows for pixels that two ways to resize round differently. A distance of 1 is an angle
of 60 degrees; those of int8 catch a broken export, not a coarse one, whose price is the accuracy printed beside it."""


@dataclass(frozen=True)
class Parity:
    """How far apart student and export are on `images` photographs, in Euclidean distance of unit rows."""

    images: int
    largest: float
    mean: float
    same_class: float | None
    """None where there are no classes to choose among."""

    @classmethod
    def between(
        cls, student: Float[Tensor, "N D"], export: Float[Tensor, "N D"], text: Float[Tensor, "C D"]
    ) -> "Parity":
        """text: the rows of the classes among which both choose."""
        distance = torch.linalg.vector_norm(student - export, dim=1)
        same = None
        if len(text):
            equal = cosine(student, text).argmax(dim=1) == cosine(export, text).argmax(dim=1)
            same = float(equal.float().mean())
        # A row with NaN is far away; max and mean would carry it on, and no comparison with NaN is true.
        distance = distance.nan_to_num(nan=2.0)
        return cls(len(distance), float(distance.max()), float(distance.mean()), same)

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}

    def __str__(self) -> str:
        equal = "" if self.same_class is None else f", {self.same_class:.1%} equal predictions"
        return f"{self.images} images, embeddings at most {self.largest:.2g} apart, {self.mean:.2g} on average{equal}"

    def require(self, tolerance: Tolerance, what: str) -> None:
        """Raise InputError when the export has left the student further behind than `tolerance` allows."""
        same = 1.0 if self.same_class is None else self.same_class
        if self.largest > tolerance.largest or self.mean > tolerance.mean or same < tolerance.same_class:
            raise InputError(
                f"{what} does not repeat the student ({self}); allowed are {tolerance.largest:g} at most, "
                f"{tolerance.mean:g} on average and {tolerance.same_class:.0%} equal predictions. Nothing was written; "
                "choose a higher --precision"
            )
