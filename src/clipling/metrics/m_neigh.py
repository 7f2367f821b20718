"""M_neigh: do images have the same neighbours in the student's space as in the teacher's? (arXiv 2307.03135, Table 3)

Shapes: N images, D and E the widths of the two spaces, k neighbours. Features have unit rows.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.metrics.checks import refuse_nonfinite, refuse_unpaired
from clipling.tensors import topk_blocked


def m_neigh(student: Float[Tensor, "N D"], teacher: Float[Tensor, "N E"], k: int) -> float:
    """Mean share, 0 to 1, of an image's k nearest neighbours in the teacher's space that are so in the student's too.

    An image is no neighbour of itself. Among equally near ones those of lower index are the nearest.
    Raises InputError for features that are not finite or not as many on both sides, and for k outside 1 to N - 1.
    """
    return m_neigh_each(student, teacher, [k])[k]


def m_neigh_each(student: Float[Tensor, "N D"], teacher: Float[Tensor, "N E"], ks: Sequence[int]) -> dict[int, float]:
    """`m_neigh` at every k of `ks`, for the price of the largest: the nearest of many are also the nearest of few."""
    refuse_unpaired("student", student, "teacher", teacher)
    refuse_nonfinite("student", student)
    refuse_nonfinite("teacher", teacher)
    for k in ks:
        if not 1 <= k < len(student):
            raise InputError(
                f"k is {k}, expected 1 to {len(student) - 1} (the other images); give a smaller k or more images"
            )
    if not ks:
        return {}
    ours, theirs = (topk_blocked(space, space, max(ks), exclude_self=True).indices for space in (student, teacher))
    return {k: _shared(ours[:, :k], theirs[:, :k]) / (len(student) * k) for k in ks}


def _shared(ours: Int[Tensor, "N k"], theirs: Int[Tensor, "N k"]) -> int:
    """How many indices stand in the same row on both sides; within one side each stands once."""
    together = torch.cat([ours, theirs], dim=1).sort(dim=1).values
    return int((together[:, 1:] == together[:, :-1]).sum())
