"""Several looks at one image: as it is, and changed at random, as a few-shot cache wants them.

How a view is changed depends on the pixels of the image and on the number of the view alone: not on its name, nor on
what else is encoded. So views are made once, like any feature, and kept under a key that says how.

Shapes: V views, H x W pixels.
"""

from dataclasses import dataclass, replace
from zlib import crc32

import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from clipling.data.augment import randaugment, random_numbers_of
from clipling.teacher.key import TeacherKey
from clipling.teacher.pixels import Preprocessing


@dataclass(frozen=True)
class Views:
    """How a teacher looks at an image: `count` times, at first as it is, then after RandAugment."""

    preprocessing: Preprocessing
    count: int
    operations: int
    magnitude: int

    @property
    def image_bytes(self) -> int:
        """What the views of one image take."""
        return self.count * self.preprocessing.image_bytes

    def key(self, single: TeacherKey) -> TeacherKey:
        """The key of features of these views, given that of single images."""
        changed = {"operations": self.operations, "magnitude": self.magnitude}
        preprocessing = {**single.preprocessing, "randaugment": changed}
        return replace(single, views=self.count, preprocessing=preprocessing)

    def prepare(self, image: Image.Image) -> UInt8[Tensor, "V 3 H W"]:
        """The views as bytes: changed at full size, then resized and cropped as the teacher wants it."""
        change = randaugment(self.operations, self.magnitude)
        pictures = [image]
        content = crc32(image.tobytes())
        for view in range(1, self.count):
            with random_numbers_of(content, view):
                pictures.append(change(image))
        return torch.stack([self.preprocessing.prepare(picture) for picture in pictures])
