"""M_neigh: do images have the same neighbours in the student's space as in the teacher's? (arXiv 2307.03135, Table 3)

Shapes: N images, D and E the widths of the two spaces, k neighbours. Features have unit rows.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.metrics.checks import refuse_nonfinite, refuse_unpaired
from clipling.tensors import topk_blocked


def m_neigh(student: Float[Tensor, "N D"], teacher: Float[Tensor, "N E"], k: int) -> float:
    """Mean share, 0 to 1, of an image's k nearest neighbours in the teacher's space that are so in the student's too.

    An image is no neighbour of itself. Among equally near ones those of lower index are the nearest.
    Raises InputError for features that are not finite or not as many on both sides, and for k outside 1 to N - 1.
    """
    refuse_unpaired("student", student, "teacher", teacher)
    refuse_nonfinite("student", student)
    refuse_nonfinite("teacher", teacher)
    if not 1 <= k < len(student):
        raise InputError(
            f"k is {k}, expected 1 to {len(student) - 1} (the other images); give a smaller k or more images"
        )
    both = [topk_blocked(space, space, k, exclude_self=True).indices for space in (student, teacher)]
    together = (
        torch.cat(both, dim=1).sort(dim=1).values
    )  # an index occurs once a side, so a shared one stands in a pair
    return int((together[:, 1:] == together[:, :-1]).sum()) / (len(student) * k)
