"""A vision network that maps pixels to unit rows in the teacher's space.

Normalisation is part of the network, so that images travel as uint8 (a quarter of the bytes) and nobody can feed a
student with the mean of another.

Shapes: B images, C channels, S x S pixels, D embedding width.
"""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from clipling.student.mode import evaluation_mode
from clipling.tensors import unit


class StudentNet(nn.Module):
    """A backbone with its normalisation; what it needs to be built again is in its fields.

    `architecture` is the timm name, `mean` and `std` (one number per channel, for pixels in [0, 1]) are that
    architecture's own. They are no part of the state dict: the backbone's weights are all there is to store.
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
        super().__init__()
        self.backbone = backbone
        self.architecture = architecture
        self.width = width
        self.image_size = image_size
        self.channels = len(mean)
        self.mean = mean
        self.std = std
        self._mean: Tensor
        self._std: Tensor
        self.register_buffer("_mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("_std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    def forward(self, images: UInt8[Tensor, "B C S S"]) -> Float[Tensor, "B D"]:
        """Unit rows in float32, under autocast too; the memory format of `images` reaches the backbone."""
        return unit(self.backbone(self.normalised(images)).float())

    def normalised(self, images: UInt8[Tensor, "B C S S"]) -> Float[Tensor, "B C S S"]:
        """What the backbone takes: pixels in [0, 1], less the mean, by the standard deviation."""
        return (images.float() / 255 - self._mean) / self._std

    def encode_image(self, images: UInt8[Tensor, "B C S S"]) -> Float[Tensor, "B D"]:
        """As `forward`, without gradient and in evaluation mode whatever mode the network is in."""
        with evaluation_mode(self), torch.no_grad():
            embeddings: Tensor = self(images)
        return embeddings
