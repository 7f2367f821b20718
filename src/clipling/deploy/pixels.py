"""From whatever a user calls an image to the pixels a student sees, by the very functions that evaluation uses.

A file is decoded, reduced to the storage size and cropped exactly as it is for evaluation, so that a prediction can be
compared with `predictions.jsonl`. Images in memory join after the decoding: a JPEG that was opened elsewhere was
decoded at full size, and may differ from its file in the last bits.

Shapes: S x S pixels in, of H x W before.
"""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.data.augment import centre_crop
from clipling.data.decode import as_decoded
from clipling.data.storage import reduced, stored
from clipling.deploy.config import BundleConfig

OneImage: TypeAlias = str | PathLike[str] | Image.Image | np.ndarray | Tensor

_FORMS = "expected a path, a PIL image, a uint8 array (H, W, 3) or a uint8 tensor (3, H, W)"


def as_list(images: OneImage | Sequence[OneImage]) -> list[OneImage]:
    """The images one by one; a single one becomes a list of one, and a stack is taken apart along its first axis."""
    if isinstance(images, np.ndarray | Tensor):
        if images.ndim not in (3, 4):
            raise InputError(f"an image of shape {tuple(images.shape)}: {_FORMS}, or a stack of them")
        return list(images) if images.ndim == 4 else [images]
    if isinstance(images, str | PathLike | Image.Image):
        return [images]
    return list(images)


def pixels_of(image: OneImage, config: BundleConfig) -> UInt8[Tensor, "3 S S"]:
    """The central square of one image, as the network of `config` was evaluated on it. Raises InputError."""
    if isinstance(image, str | PathLike):
        pixels = stored(Path(image), config.shorter_side)
    else:
        pixels = reduced(_picture(image), config.shorter_side)
    return centre_crop(pixels, config.image_size)


def _picture(image: Image.Image | np.ndarray | Tensor) -> Image.Image:
    if isinstance(image, Image.Image):
        return as_decoded(image)
    if isinstance(image, Tensor):
        if image.dtype != torch.uint8 or image.ndim != 3 or image.shape[0] != 3:
            raise InputError(f"a tensor of shape {tuple(image.shape)} and {image.dtype}: {_FORMS}")
        return _from_array(image.permute(1, 2, 0).cpu().numpy())
    if isinstance(image, np.ndarray):
        return _from_array(image)
    raise InputError(f"an image of type {type(image).__name__}: {_FORMS}")


def _from_array(image: np.ndarray) -> Image.Image:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise InputError(f"an array of shape {image.shape} and {image.dtype}: {_FORMS}")
    return Image.fromarray(np.ascontiguousarray(image))
