"""The student of a robot: two RGB-D cameras in, a unit row for the whole and one for each place out.

Shapes: B observations, 8 channels (base RGB, base depth, hand RGB, hand depth), S x S pixels, L places, D width.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from clipling.student import LocalNet, create_local_student

_RGB_MEAN, _RGB_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet, in bytes
MEAN = (*_RGB_MEAN, 0.0) * 2
STD = (*_RGB_STD, 1.0) * 2
"""Colours in bytes are brought to mean 0; depth stays in metres."""


class View(NamedTuple):
    """What the student makes of observations."""

    whole: Float[Tensor, "B D"]
    places: Float[Tensor, "B L D"]
    offset: Float[Tensor, " B"]
    """What is added to every score: the tanh of one learned number."""


class PickNet(nn.Module):
    """A student with places, and the learned bias of all scores."""

    def __init__(self, local: LocalNet) -> None:
        super().__init__()
        self.local = local
        self.score_bias = nn.Parameter(torch.zeros(()))

    def forward(self, images: Shaped[Tensor, "B 8 S S"]) -> View:
        """Colours in bytes, depth in metres."""
        whole, places = self.local(images)
        return View(whole, places, self.score_bias.tanh().expand(len(whole)))


def create_net(architecture: str, *, width: int, image_size: int, pretrained: bool = False) -> PickNet:
    """A student of any timm architecture. Raises InputError for what timm does not know or cannot take."""
    local = create_local_student(
        architecture, width=width, image_size=image_size, mean=MEAN, std=STD, pretrained=pretrained
    )
    return PickNet(local)
