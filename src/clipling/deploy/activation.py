"""Where in an image a student saw a text.

Where a backbone ends in the mean over places and one linear map, as resnets do, the answer is exact: each place has an
embedding of its own, and their mean is that of the image (class activation mapping, arXiv 1512.04150). Whether that is
so is found out by trying, not by name. For every other backbone squares of the image are hidden, one after the other:
what matters is what is missed.

Shapes: S x S pixels, H x W places, F features, D embedding width.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.student import StudentNet, evaluation_mode

_EQUAL = 1e-4  # how far, in parts of its length, the mean over places may be from the embedding of the image
_SQUARES = 7  # a side, of those that are hidden
_AT_ONCE = 16  # images with a hidden square that are encoded together


@dataclass(frozen=True)
class Activation:
    """How much each place of an image speaks for a text, in units of the cosine.

    exact: the mean of `heat` is the cosine of image and text. Otherwise a place of `heat` says by how much the cosine
    falls when this square is painted over.
    """

    heat: Float[Tensor, "H W"]
    exact: bool


@torch.no_grad()
def activation(net: StudentNet, image: UInt8[Tensor, "C S S"], text: Float[Tensor, " D"]) -> Activation:
    """What the places of an image, as `pixels_of` prepared it, say for the unit row `text`; on the CPU.

    Raises InputError for a text of another width.
    """
    if text.shape != (net.width,):
        raise InputError(f"a text of shape {tuple(text.shape)}; expected a row of {net.width}, the student's width")
    with evaluation_mode(net):
        exact = _by_place(net, image[None], text)
        if exact is not None:
            return Activation(exact.cpu(), exact=True)
        return Activation(_missed(net, image, text).cpu(), exact=False)


def _by_place(net: StudentNet, images: UInt8[Tensor, "1 C S S"], text: Float[Tensor, " D"]) -> Tensor | None:
    """The cosine taken apart by place, or None where it does not come apart."""
    backbone: Any = net.backbone
    features = backbone.forward_features(net.normalised(images))
    if features.ndim != 4 or features.shape[1] != backbone.num_features or features.shape[2:].numel() < 2:
        return None
    whole = backbone.forward_head(features)[0]
    rows = backbone.forward_head(features[0].flatten(1).T[:, :, None, None])
    if torch.linalg.vector_norm(rows.mean(dim=0) - whole) > _EQUAL * torch.linalg.vector_norm(whole):
        return None
    length = torch.linalg.vector_norm(whole)
    heat: Tensor = (rows @ text / length).view(features.shape[2:])
    return heat


def _missed(net: StudentNet, image: UInt8[Tensor, "C S S"], text: Float[Tensor, " D"]) -> Tensor:
    """By how much the cosine falls when a square is painted in the mean colour, for each of 7 x 7 squares."""
    side = min(_SQUARES, net.image_size)
    paint = torch.tensor(net.mean, device=image.device).mul(255).round().to(torch.uint8)[:, None, None]
    edge = torch.linspace(0, net.image_size, side + 1).round().int().tolist()
    hidden = image.repeat(side * side, 1, 1, 1)
    for place, one in enumerate(hidden):
        row, column = divmod(place, side)
        one[:, edge[row] : edge[row + 1], edge[column] : edge[column + 1]] = paint
    cosines = torch.cat([net(batch) @ text for batch in torch.split(hidden, _AT_ONCE)])
    missed: Tensor = (net(image[None])[0] @ text - cosines).view(side, side)
    return missed
