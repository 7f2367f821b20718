"""What can encode images and what can encode texts, teacher or student alike.

Shapes: B images, C texts, D embedding width, H x W pixels. Embeddings are unit rows in float32.
"""

from collections.abc import Sequence
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


@dataclass(frozen=True)
class Embeddings:
    """What the student is trained against, for one batch: the teacher's side of every loss."""

    image: Float[Tensor, "B D"]
    """The teacher's feature of each image."""
    text: Float[Tensor, "C D"]
    """The text feature of each seen class."""
    labels: Int64[Tensor, "B"]
    """The row of `text` that is the class of each image."""
    caption: Float[Tensor, "B D"] | None = None
    """The text feature of each image's own caption, where there are captions."""
