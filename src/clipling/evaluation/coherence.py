"""How far the student's space agrees with the teacher's: the measures of arXiv 2307.03135, section 3.3 and Table 2.

Shapes: N images, C classes, D embedding width.
"""

from collections.abc import Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor

from clipling.metrics import m_neigh_each, m_rel, m_vlalign, mse_and_degrees


def coherence(
    student: Float[Tensor, "N D"],
    teacher: Float[Tensor, "N D"],
    text: Float[Tensor, "C D"],
    *,
    neighbours: Sequence[int] = (3, 5, 10),
    alignments: Sequence[int] = (2, 3, 5),
) -> dict[str, Any]:
    """The entry of one part of the data in `results.json`: `m_rel`, `m_neigh`, `m_vlalign`, `mse`, `degrees`.

    student, teacher: unit rows of the same images in the same order. text: unit rows of the classes of that part.
    neighbours, alignments: the values of k, which become the keys (as strings) of `m_neigh` and `m_vlalign`.
    A k for which there are too few images or classes is left out, and without any image the entry is empty.
    """
    if not len(student):
        return {}
    mse, degrees = mse_and_degrees(student, teacher)
    overlap = m_neigh_each(student, teacher, [k for k in neighbours if k < len(student)])
    return {
        "m_rel": m_rel(student, teacher),
        "m_neigh": {str(k): value for k, value in overlap.items()},
        "m_vlalign": {str(k): m_vlalign(student, teacher, text, k) for k in alignments if k <= len(text)},
        "mse": mse,
        "degrees": degrees,
    }
