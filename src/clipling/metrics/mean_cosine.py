"""How alike texts are to an encoder: the mean cosine of their pairs (arXiv 2307.03135, Table 6).

Shapes: C texts, D embedding width. Features have unit rows.
"""

from jaxtyping import Float
from torch import Tensor

from clipling.metrics.checks import refuse_fewer, refuse_nonfinite


def mean_cosine(text: Float[Tensor, "C D"]) -> float:
    """Mean cosine of two different rows, in [-1, 1]: 1 when all say the same, near 0 when they share nothing.

    Raises InputError for fewer than two rows, and for features that are not finite.
    """
    refuse_fewer("text", text, 2)
    refuse_nonfinite("text", text)
    wide = text.double()
    of_all_pairs = float(wide.sum(dim=0).square().sum())  # each row with each, itself included
    return (of_all_pairs - float(wide.square().sum())) / (len(text) * (len(text) - 1))
