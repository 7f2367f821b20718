"""What the losses compare: cosine / temperature, as in the authors' code of arXiv 2307.03135."""

from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.tensors import cosine


def logits(a: Float[Tensor, "N D"], b: Float[Tensor, "M D"], temperature: float) -> Float[Tensor, "N M"]:
    """Cosine of each row of `a` with each row of `b`, over the temperature, in float32 at least; both have unit rows.

    Raises InputError when the temperature is not above 0.
    """
    if not temperature > 0:
        raise InputError(f"temperature is {temperature}, expected a number above 0; the paper uses 0.07")
    return cosine(a, b) / temperature
