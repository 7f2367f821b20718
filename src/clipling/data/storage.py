"""The storage rule: what of an image is kept for training, the same whether it is cached or decoded anew each time.

An image is decoded (a JPEG at the reduced scale that `decode_image` allows), and its shorter side is brought down to
the storage size by antialiased bicubic resizing. It is never enlarged, and its aspect is kept.
"""

from pathlib import Path
from typing import Any

import numpy as np
import PIL
from jaxtyping import UInt8
from PIL import Image

from clipling.data.decode import decode_image

_RULE_VERSION = 1


def storage_rule(size: int) -> dict[str, Any]:
    """What the stored pixels depend on besides the files; pixels of another rule are other pixels."""
    return {"version": _RULE_VERSION, "size": size, "pillow": PIL.__version__}


def stored(path: Path, size: int) -> UInt8[np.ndarray, "H W 3"]:
    """The pixels kept of an image; min(H, W) is at most `size`. Read-only. Raises UnreadableImage."""
    return reduced(decode_image(path, at_least=size), size)


def reduced(image: Image.Image, size: int) -> UInt8[np.ndarray, "H W 3"]:
    """The pixels kept of an upright RGB image; min(H, W) is at most `size`. Read-only."""
    height, width = stored_shape(image.height, image.width, size)
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def stored_shape(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width in pixels that are kept of an image of this height and width."""
    scale = size / min(height, width)
    return (height, width) if scale >= 1 else (round(height * scale), round(width * scale))
