"""The two texts of an object: one for its presence, one for its absence; learned around its name, fixed, or no text.

Learned: `<positive context> {name} . {description}` and `<negative context> {name}`, as in the authors' code. The
contexts are shared by all objects, so they serve for unseen ones too. Both lie in one `LearnedPrompt`.

Fixed: the positive text is the authors'. They give no negative one, as their code scores objects in learned pairs only;
ours names no object, so that what tells the two apart is the object's name, for unseen objects too.

Shapes: C objects, 2 C texts (the positive ones first), M vectors of each context, W their width, D embedding width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.applications.pickclutter.objects import OBJECTS, spoken_name
from clipling.contracts.encoders import PromptedTextEncoder, PromptedTexts, TextEncoder
from clipling.contracts.errors import InputError
from clipling.data.labels import read_descriptions
from clipling.language.closed_set import ClosedSet
from clipling.language.prompts import LearnedPrompt

POSITIVE = "You can find a {} in this image, except a robot arm."
NEGATIVE = "You can find nothing in this image, except a robot arm."


@runtime_checkable
class Words(Protocol):
    """A way from objects, by their texts, to pairs of rows."""

    def drawn(self, seed: int) -> LearnedPrompt | None:
        """What is learned of the texts, as training starts."""
        ...

    def pairs(self, texts: Sequence[str]) -> PromptedTexts:
        """The 2 C rows, as a function of what is learned of them."""
        ...


@dataclass(frozen=True)
class LearnedWords:
    """Behind two learned contexts of `vectors` tokens each."""

    encoder: PromptedTextEncoder
    vectors: int

    def drawn(self, seed: int) -> LearnedPrompt:
        return LearnedPrompt.drawn(2 * self.vectors, self.encoder, seed=seed)

    def pairs(self, texts: Sequence[str]) -> PromptedTexts:
        both = [self.encoder.prompted(several, self.vectors) for several in (texts, [*map(_name, texts)])]

        def rows(context: Float[Tensor, "M W"]) -> Float[Tensor, "T D"]:
            return torch.cat([one(half) for one, half in zip(both, context.chunk(2), strict=True)])

        return rows


@dataclass(frozen=True)
class FixedWords:
    """In the authors' sentence."""

    encoder: TextEncoder

    def drawn(self, seed: int) -> None:
        return None

    def pairs(self, texts: Sequence[str]) -> PromptedTexts:
        both = self.encoder.encode_text([*map(in_sentence, texts), *[NEGATIVE] * len(texts)])

        def rows(context: Float[Tensor, "M W"]) -> Float[Tensor, "T D"]:
            return both

        return rows


def _name(text: str) -> str:
    return text.partition(" . ")[0]


def in_sentence(text: str) -> str:
    """The fixed positive text of `{name}` or `{name} . {description}`; the description follows it."""
    name, dot, description = text.partition(" . ")
    return POSITIVE.format(name) + (f" {description}" if dot else "")


@dataclass(frozen=True)
class ClosedWords:
    """No text: a pair of vectors for each of the objects there are."""

    texts: tuple[str, ...]
    width: int

    @property
    def _set(self) -> ClosedSet:
        return ClosedSet((*self.texts, *map(_absent, self.texts)), self.width)

    def drawn(self, seed: int) -> LearnedPrompt:
        return LearnedPrompt.drawn(2 * len(self.texts), self._set, seed=seed)

    def pairs(self, texts: Sequence[str]) -> PromptedTexts:
        return self._set.prompted([*texts, *map(_absent, texts)], 2 * len(self.texts))


def _absent(text: str) -> str:
    return f"no {text}"


def texts_of(asked: Sequence[str], *, descriptions: bool, own: Path | None = None) -> dict[str, str]:
    """`{name}` or `{name} . {description}` of each object, by its identity.

    own: a descriptions.jsonl with every object, by identity as `class`, in place of the built-in descriptions.
    Raises InputError for an object without a description, where they are wanted.
    """
    names = {model_id: spoken_name(model_id) for model_id in asked}
    if not descriptions:
        return names
    if own is not None:
        known = read_descriptions(own.parent, asked, file=own)
    else:
        known = {model_id: thing.description for model_id, thing in OBJECTS.items()}
        if bare := [model_id for model_id in asked if model_id not in known]:
            raise InputError(
                f"object '{bare[0]}' has no built-in description; give descriptions of all objects (--descriptions "
                "FILE), or choose a recipe without semantics"
            )
    return {model_id: f"{name} . {known[model_id]}" for model_id, name in names.items()}
