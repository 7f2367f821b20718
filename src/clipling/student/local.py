"""A student that also says what it sees where: a unit row for each place of the image, beside the one of the whole.

The places are those of the last feature map (or the patches of a transformer), brought to the teacher's width by one
linear map, a 1 x 1 convolution. Any number of channels, each with its own mean and standard deviation in the units of
the images, so that pixels and other measurements stand side by side.

Shapes: B images, C channels, S x S pixels, L places in rows of the image, F numbers in a feature, D embedding width.
"""

from math import isqrt
from typing import NamedTuple

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from clipling.contracts.errors import InputError
from clipling.student.create import create_student
from clipling.student.mode import evaluation_mode
from clipling.tensors import unit


class Sight(NamedTuple):
    """What a student makes of images: unit rows in float32."""

    whole: Float[Tensor, "B D"]
    places: Float[Tensor, "B L D"]


class LocalNet(nn.Module):
    """A backbone, whose classifier is the projection of the whole, and the projection of its places.

    `grid` is the number of rows and columns that the L places stand in.
    """

    def __init__(
        self,
        backbone: nn.Module,
        *,
        architecture: str,
        width: int,
        image_size: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
    ) -> None:
        """Raises InputError for a backbone that shows no features by place."""
        super().__init__()
        self.backbone = backbone
        self.architecture = architecture
        self.width = width
        self.image_size = image_size
        self._prefix = int(getattr(backbone, "num_prefix_tokens", 0) or 0)
        self._features = int(backbone.num_features)  # type: ignore[arg-type]
        self._mean: Tensor
        self._std: Tensor
        self.register_buffer("_mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("_std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)
        self.grid = self._find_grid(len(mean))
        self.projection = nn.Linear(self._features, width, bias=False)

    def forward(self, images: Shaped[Tensor, "B C S S"]) -> Sight:
        """Of images in the units of `mean` and `std`; under autocast too the rows are float32."""
        features = self.backbone.forward_features((images.float() - self._mean) / self._std)  # type: ignore[operator]
        whole = self.backbone.forward_head(features)  # type: ignore[operator]
        return Sight(unit(whole.float()), unit(self.projection(self._places(features)).float()))

    def _places(self, features: Tensor) -> Tensor:
        """(B, L, F), whatever order the architecture has them in."""
        if features.ndim == 3:
            return features[:, self._prefix :]
        if features.shape[1] == self._features:
            return features.flatten(2).transpose(1, 2)
        return features.flatten(1, 2)

    def _find_grid(self, channels: int) -> tuple[int, int]:
        empty = torch.zeros(1, channels, self.image_size, self.image_size)
        with evaluation_mode(self.backbone), torch.no_grad():
            features = self.backbone.forward_features(empty)  # type: ignore[operator]
        places = self._places(features)
        if places.ndim != 3 or places.shape[-1] != self._features:
            raise InputError(
                f"student architecture '{self.architecture}' shows no features by place (its features have shape "
                f"{tuple(features.shape)}); choose a convolutional network such as efficientnet_b0"
            )
        if features.ndim == 4:
            rows, columns = features.shape[2:] if features.shape[1] == self._features else features.shape[1:3]
            return int(rows), int(columns)
        return isqrt(places.shape[1]), places.shape[1] // isqrt(places.shape[1])


def create_local_student(
    architecture: str,
    *,
    width: int,
    image_size: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    pretrained: bool = False,
) -> LocalNet:
    """A student of any timm architecture that sees as many channels as `mean` and `std` have numbers.

    Raises InputError as `create_student` does.
    """
    student = create_student(
        architecture, width=width, image_size=image_size, channels=len(mean), pretrained=pretrained
    )
    return LocalNet(student.backbone, architecture=architecture, width=width, image_size=image_size, mean=mean, std=std)
