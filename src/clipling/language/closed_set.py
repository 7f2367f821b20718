"""A closed set of classes: for each a vector of its own, learned with the student, in place of any text.

It stands where the text tower of a learned prompt stands. The vectors of that prompt are then the classes' own, and the
"text" of a class is its place among them, so a classifier is trained, resumed and measured by what does so for prompts.

Shapes: M vectors, one for each class of the set, C of them asked for, D embedding width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from clipling.contracts.encoders import PromptedTexts
from clipling.tensors import unit


@dataclass(frozen=True)
class ClosedSet:
    """The classes there are, by their bare texts; a vector has the width of an embedding."""

    classes: tuple[str, ...]
    token_width: int

    def prompted(self, texts: Sequence[str], vectors: int) -> PromptedTexts:
        """The unit rows of these classes, as a function of the vectors of all."""
        places = [self.classes.index(text) for text in texts]

        def rows(context: Float[Tensor, "M D"]) -> Float[Tensor, "C D"]:
            return unit(context[places])

        return rows
