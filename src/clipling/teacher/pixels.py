"""From a picture to what a teacher sees, in the teacher's own words.

Mean, std, size, interpolation and the way of resizing are read from the model's configuration, never assumed: open_clip
models differ in all of them. The work is cut in two: `prepare` (a worker's part) ends in bytes, `normalised` (the
device's part) does what open_clip does after them, so that a quarter of the memory travels and the result is the same.

Shapes: B images, H x W pixels.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import isfinite
from typing import Any

import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor
from torchvision.transforms import Compose
from torchvision.transforms.functional import pil_to_tensor

from clipling.contracts.errors import InputError, unknown

_INTERPOLATIONS = ("bicubic", "bilinear", "random")
_RESIZE_MODES = ("shortest", "longest", "squash")


@dataclass(frozen=True)
class Preprocessing:
    """How a teacher wants its images: size, normalisation per channel, and the way of resizing."""

    size: int | tuple[int, int]
    """Side of a square in pixels, or height and width."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str
    resize_mode: str
    fill_color: int = 0

    @classmethod
    def from_config(cls, config: Mapping[str, Any], where: str) -> "Preprocessing":
        """From open_clip's preprocessing fields. `where` names them in an InputError."""
        mean, std = (_channels(config.get(field), f"{where}: '{field}'") for field in ("mean", "std"))
        if not all(value > 0 for value in std):
            raise InputError(f"{where}: 'std' is {list(std)}, expected three numbers above zero")
        return cls(
            size=_size(config.get("size"), where),
            mean=mean,
            std=std,
            interpolation=_one_of(config.get("interpolation"), _INTERPOLATIONS, f"interpolation in {where}:"),
            resize_mode=_one_of(config.get("resize_mode"), _RESIZE_MODES, f"resize_mode in {where}:"),
            fill_color=int(config.get("fill_color") or 0),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """H and W."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON knows it: tuples become lists."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def image_bytes(self) -> int:
        """What one prepared picture takes."""
        height, width = self.shape
        return 3 * height * width

    def prepare(self, image: Image.Image) -> UInt8[Tensor, "3 H W"]:
        """The picture resized and cropped as open_clip's evaluation transform does, as bytes."""
        pixels: Tensor = pil_to_tensor(_geometry(self)(image))
        return pixels

    def normalised(self, images: UInt8[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 H W"]:
        """float32 pixels shifted and scaled per channel, on the device of `images`."""
        mean, std = (torch.tensor(x, device=images.device).view(3, 1, 1) for x in (self.mean, self.std))
        return images.float().div(255).sub(mean).div(std)


@lru_cache(maxsize=8)
def _geometry(preprocessing: Preprocessing) -> Compose:
    from open_clip import image_transform

    whole = image_transform(
        preprocessing.size,
        is_train=False,
        mean=preprocessing.mean,
        std=preprocessing.std,
        resize_mode=preprocessing.resize_mode,
        interpolation=preprocessing.interpolation,
        fill_color=preprocessing.fill_color,
    )
    return Compose(whole.transforms[:-2])  # the last two are ToTensor and Normalize: the device's part


def _size(size: Any, where: str) -> int | tuple[int, int]:
    sides = list(size) if isinstance(size, list | tuple) else [size]
    whole = all(isinstance(side, int) and not isinstance(side, bool) and side >= 1 for side in sides)
    if len(sides) not in (1, 2) or not whole:
        raise InputError(f"{where}: the image size is {size}, expected one number of pixels, or height and width")
    return sides[0] if len(set(sides)) == 1 else (sides[0], sides[1])


def _channels(value: Any, what: str) -> tuple[float, ...]:
    values = list(value) if isinstance(value, list | tuple) else [value] * 3
    if len(values) != 3 or not all(isinstance(x, int | float) and isfinite(x) for x in values):
        raise InputError(f"{what} is {value}, expected three numbers")
    return tuple(float(x) for x in values)


def _one_of(value: Any, valid: tuple[str, ...], what: str) -> str:
    if value not in valid:
        raise unknown(what, str(value), valid)
    return str(value)
