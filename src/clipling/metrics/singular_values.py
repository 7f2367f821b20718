"""In how many directions texts differ: the spectrum of their features about the mean (arXiv 2307.03135, Figure 4).

Shapes: C texts, D embedding width. Features have unit rows.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.metrics.checks import refuse_fewer, refuse_nonfinite


def singular_values(text: Float[Tensor, "C D"]) -> list[float]:
    """Singular values of the mean-centred rows, largest first: the wider the texts lie, the slower they fall.

    There are min(C - 1, D): C centred rows have no C-th direction. Their squares add up to C (1 - squared length of
    the mean row). Raises InputError for fewer than two rows, and for features that are not finite.
    """
    refuse_fewer("text", text, 2)
    refuse_nonfinite("text", text)
    wide = text.double()
    values: list[float] = torch.linalg.svdvals(wide - wide.mean(dim=0)).tolist()
    return values[: len(text) - 1]
