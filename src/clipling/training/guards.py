"""Reasons to stop early: there is nothing to learn from, or nothing is being learned.

Each guard raises an InputError that says what was seen and what usually causes it; `guards=False` switches off those
that judge chance, never the one for a loss that is not finite.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import normalize

from clipling.contracts.errors import InputError

_AT_CHANCE = 0.99
_LEAST_STEPS = 500


def check_teacher(accuracy: float, images: int, classes: int) -> None:
    """Stop when the teacher does no better than chance (by two standard errors) on the seen classes' images."""
    chance = 1 / classes
    if classes > 1 and accuracy < chance + 2 * math.sqrt(chance * (1 - chance) / images):
        raise InputError(
            f"the teacher is at chance on the seen classes: {accuracy:.1%} of {images} images, chance is {chance:.1%}; "
            "check the class names (classes.csv), the text template and the teacher; --no-guards trains all the same"
        )


class FiniteLoss:
    """Stops on a loss that is not finite, naming the files of its batch.

    It looks at a step's loss only when the next one is under way, so that a GPU is never waited for.
    """

    def __init__(self, files: Sequence[str]) -> None:
        self._files = files
        self._last: tuple[Float[Tensor, ""], Int64[Tensor, " b"]] | None = None

    def watch(self, loss: Float[Tensor, ""], rows: Int64[Tensor, " b"]) -> None:
        """Check the loss before this one, and remember this one with the `rows` of its images."""
        self.flush()
        self._last = (loss.detach(), rows)

    def flush(self) -> None:
        """Check the last loss seen."""
        if self._last and not torch.isfinite(self._last[0]):
            names = [self._files[int(row)] for row in self._last[1]]
            raise InputError(
                "the loss is not finite; the batch held: "
                + ", ".join(names)
                + "; check these images and lower optimizer.lr"
            )
        self._last = None


def chance_levels(teacher_image: Float[Tensor, "N D"], classes: int, batch_size: int) -> dict[str, float]:
    """The value of each loss that a student without any knowledge reaches: by guessing, or by one constant feature."""
    centre = normalize(teacher_image.mean(0), dim=0)
    return {
        "cls": math.log(max(classes, 1)),
        "im_cst": math.log(batch_size),
        "mse": float(2 - 2 * (teacher_image @ centre).mean()),
    }


class LearnsSomething:
    """Stops when every loss with a known chance level is still there after one epoch (and at least 500 steps)."""

    def __init__(self, chance: dict[str, float], steps_per_epoch: int, *, not_before: int = 1) -> None:
        """not_before: an epoch up to which nothing is expected, such as that of a slow rise of the learning rate."""
        self._chance = chance
        self._due = max(not_before, math.ceil(_LEAST_STEPS / steps_per_epoch))

    def check(self, epoch: int, losses: dict[str, float]) -> None:
        """Judge the mean `losses` of `epoch` (counted from 1)."""
        judged = {name: losses[name] for name in losses.keys() & self._chance.keys() if self._chance[name] > 0}
        if epoch == self._due and judged and all(v >= _AT_CHANCE * self._chance[name] for name, v in judged.items()):
            seen = ", ".join(f"{name} {value:.3f} (chance {self._chance[name]:.3f})" for name, value in judged.items())
            raise InputError(
                f"after {epoch} epochs the loss is still at chance: {seen}; the learning rate is too high or too low, "
                "or labels and images do not belong together; --no-guards trains all the same"
            )
