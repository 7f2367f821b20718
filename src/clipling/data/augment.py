"""What happens to the pixels of an image on their way to the student: random for training, fixed for evaluation.

Every random number is a function of (seed, epoch, position), position being the image's place in the epoch's order: no
generator's state has to be saved, and no number of workers changes an image. All of it is torchvision v2: crops on
uint8 tensors whose channels lie last in memory, its fastest way; RandAugment on PIL images, where that is faster.

Shapes: H x W pixels as stored, S the size that the student sees.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from clipling.data.config import Augmentation

_ASPECTS = (3 / 4, 4 / 3)


def storage_size(size: int) -> int:
    """Shorter side in pixels to which an image is brought before a crop of `size` is taken: 256 for 224."""
    return round(size * 256 / 224)


def augment(
    pixels: UInt8[np.ndarray, "H W 3"], size: int, augmentation: Augmentation, *, seed: int, epoch: int, position: int
) -> UInt8[Tensor, "3 S S"]:
    """A random crop of the pixels, resized to `size`, perhaps mirrored, as `augmentation` says.

    RandAugment changes the whole picture before the crop, as in the authors' code.
    """
    whole = _tensor(pixels)
    with random_numbers_of(seed, epoch, position):
        if augmentation.randaugment is not None:
            whole = F.pil_to_tensor(randaugment(*augmentation.randaugment)(F.to_pil_image(whole)))
        top, left, height, width = v2.RandomResizedCrop.get_params(whole, augmentation.crop_scale, _ASPECTS)
        image: Tensor = F.resized_crop(whole, top, left, height, width, [size, size], antialias=True)
        if augmentation.flip and torch.rand(()) < 0.5:
            image = F.horizontal_flip(image)
    return image


def centre_crop(pixels: UInt8[np.ndarray, "H W 3"], size: int) -> UInt8[Tensor, "3 S S"]:
    """The middle of the pixels: the shorter side resized to `storage_size(size)`, then the central square of `size`."""
    resized = F.resize(_tensor(pixels), [storage_size(size)], antialias=True)
    image: Tensor = F.center_crop(resized, [size, size])
    return image


def mixed_seed(*parts: int) -> int:
    """A seed of 63 bits that depends on every part and on their order."""
    digest = blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


@contextmanager
def random_numbers_of(*parts: int) -> Iterator[None]:
    """Let torch's CPU generator draw the numbers that belong to `parts`; afterwards it is where it was before."""
    generator = torch.default_generator  # torch.manual_seed would also reach out for CUDA, once per image
    state = generator.get_state()
    generator.manual_seed(mixed_seed(*parts))
    try:
        yield
    finally:
        generator.set_state(state)


@lru_cache(maxsize=8)
def randaugment(operations: int, magnitude: int) -> v2.RandAugment:
    """RandAugment with so many operations at this magnitude of 31."""
    return v2.RandAugment(operations, magnitude)


def _tensor(pixels: np.ndarray) -> Tensor:
    """(3, H, W) with the channels last in memory; copied, as torch has no read-only tensors."""
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)
