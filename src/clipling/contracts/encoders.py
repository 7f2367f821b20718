"""What can encode images and what can encode texts, teacher or student alike.

Shapes: B images, C texts, D embedding width, H x W pixels. Embeddings are unit rows in float32.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from jaxtyping import Float, UInt8
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
