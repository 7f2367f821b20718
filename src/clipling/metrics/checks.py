"""What every metric refuses: features that are not numbers, and sets that do not belong together."""

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from clipling.contracts.errors import InputError


def refuse_nonfinite(name: str, features: Float[Tensor, "N D"]) -> None:
    """InputError naming the argument and the first row with NaN or infinity: no rank among them would mean anything."""
    least, most = features.aminmax(dim=1)  # either passes NaN on; no mask as large as the features
    bad = ~(torch.isfinite(least) & torch.isfinite(most))
    if bad.any():
        raise InputError(
            f"{name}: row {int(bad.nonzero()[0])} holds NaN or infinity, {int(bad.sum())} of {len(features)} rows do; "
            "expected finite features; find what produced them, or leave those rows out"
        )


def refuse_fewer(name: str, rows: Shaped[Tensor, "N ..."], least: int) -> None:
    """InputError when there are too few rows for the number to mean anything."""
    if len(rows) < least:
        raise InputError(f"{name} has {len(rows)} rows, expected at least {least}; give more of them")


def refuse_other_width(name: str, features: Float[Tensor, "N D"], width: int) -> None:
    """InputError when the features do not lie in a space of that width."""
    if features.shape[1] != width:
        raise InputError(
            f"{name} has width {features.shape[1]}, expected {width}, the student's; "
            "give features of one space, such as a teacher and the student trained on it"
        )


def refuse_unpaired(name: str, rows: Shaped[Tensor, "N ..."], other_name: str, others: Shaped[Tensor, "M ..."]) -> None:
    """InputError when two arguments that go together row by row are empty or differ in length."""
    if len(rows) != len(others) or not len(rows):
        raise InputError(
            f"{name} has {len(rows)} rows and {other_name} {len(others)}, expected as many in each and at least one; "
            "give both for the same images in the same order"
        )


def refuse_bad_labels(name: str, labels: Int[Tensor, " N"], classes: int) -> None:
    """InputError naming the first label outside 0 to classes - 1."""
    bad = (labels < 0) | (labels >= classes)
    if bad.any():
        row = int(bad.nonzero()[0])
        raise InputError(
            f"{name}: row {row} is class {int(labels[row])}, expected 0 to {classes - 1}; "
            "number the classes in the order of the logits"
        )
