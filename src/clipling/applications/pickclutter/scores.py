"""From places and pairs of texts to the score of each object: present or not, and where.

Each object has a positive and a negative text. A text's evidence in the image is its mean cosine with the places,
weighted by a softmax over them, so that the places it fits best count most (DualCoOp, arXiv 2206.09541). The score is
the softmax over the two evidences, moved by an offset that the student learns, and kept within [0, 1].

Shapes: B images, L places, C objects, D embedding width; 2 C texts, the positive ones first. Rows are unit rows.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.applications.pickclutter.settings import TEMPERATURE


def attention(places: Float[Tensor, "B L D"], text: Float[Tensor, "C D"]) -> Float[Tensor, "B C L"]:
    """Where each text is seen: the softmax over places of cosine / temperature."""
    return (text @ places.transpose(1, 2) / TEMPERATURE).softmax(dim=-1)


def evidence(places: Float[Tensor, "B L D"], text: Float[Tensor, "C D"]) -> Float[Tensor, "B C"]:
    """How well each text fits the places it fits best, a cosine in [-1, 1]."""
    cosines = text @ places.transpose(1, 2)
    return ((cosines / TEMPERATURE).softmax(dim=-1) * cosines).sum(dim=-1)


def scores(
    places: Float[Tensor, "B L D"], offset: Float[Tensor, " B"], pairs: Float[Tensor, "T D"]
) -> Float[Tensor, "B C"]:
    """How sure it is that each object is present, in [0, 1]; `pairs` are 2 C texts."""
    with torch.autocast(places.device.type, enabled=False):  # cosines in half precision are too coarse at 0.07
        positive, negative = evidence(places, pairs).chunk(2, dim=1)
        return (((positive - negative) / TEMPERATURE).sigmoid() + offset[:, None]).clamp(0, 1)
