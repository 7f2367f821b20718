"""What can encode images and what can encode texts, teacher or student alike.

Shapes: B images, C texts, D embedding width, H x W pixels; M vectors before a text, each W wide. Embeddings are unit
rows in float32.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int64, UInt8
from torch import Tensor


@runtime_checkable
class ImageEncoder(Protocol):
    """Turns a batch of pixels into embeddings; the pixels are uint8 RGB, any normalisation is the encoder's own."""

    width: int

    def encode_image(self, images: UInt8[Tensor, "B 3 H W"]) -> Float[Tensor, "B D"]: ...


@runtime_checkable
class TextEncoder(Protocol):
    """Turns texts into embeddings."""

    width: int

    def encode_text(self, texts: Sequence[str]) -> Float[Tensor, "C D"]: ...


PromptedTexts = Callable[[Float[Tensor, "M W"]], Float[Tensor, "C D"]]
"""Texts as a function of the vectors before them; its gradient reaches these vectors and nothing else."""


@runtime_checkable
class PromptedTextEncoder(TextEncoder, Protocol):
    """Turns texts into embeddings that begin with vectors where others have words."""

    @property
    def token_width(self) -> int:
        """W."""
        ...

    def prompted(self, texts: Sequence[str], vectors: int) -> PromptedTexts:
        """The texts behind so many vectors; what does not depend on the vectors is done here, once."""
        ...


NO_LABEL = -1
"""In the place of the class of an image that has none."""


@dataclass(frozen=True)
class Embeddings:
    """What the student is trained against, for one batch: the teacher's side of every loss."""

    image: Float[Tensor, "B D"]
    """The teacher's feature of each image."""
    text: Float[Tensor, "C D"]
    """The text feature of each seen class."""
    labels: Int64[Tensor, " B"]
    """The row of `text` that is the class of each image, or NO_LABEL."""
    caption: Float[Tensor, "B D"] | None = None
    """The text feature of each image's own caption, where there are captions."""
    some_unlabelled: bool = False
    """Whether images may have no label."""
