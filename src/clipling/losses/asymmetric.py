"""Asymmetric loss: which of many classes an image shows, where most are absent (Ridnik et al., arXiv 2009.14119).

Cross entropy of every class on its own, weighted down the surer the score is; absent classes, being many, lose weight
faster, and an absent class scored below the clip costs nothing.

Shapes: B images in the batch, C classes.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.tensors import precise

_LEAST = 1e-8


def asymmetric(
    scores: Float[Tensor, "B C"],
    present: Bool[Tensor, "B C"],
    *,
    gamma_positive: float = 1.0,
    gamma_negative: float = 2.0,
    clip: float = 0.05,
) -> Float[Tensor, ""]:
    """How wrong the scores are about what is present: summed over classes, mean over images, >= 0, 0 when all is right.

    `scores` are probabilities in [0, 1]. A class weighs (1 - p) ** gamma, p being the probability given to what is the
    case; no gradient passes through that weight. Raises InputError for a clip outside [0, 1) or a gamma below 0.
    """
    if not 0 <= clip < 1 or gamma_positive < 0 or gamma_negative < 0:
        raise InputError(
            f"clip is {clip}, gammas are {gamma_positive} and {gamma_negative}; "
            "expected a clip in [0, 1) and gammas of at least 0"
        )
    scores = precise(scores)
    right = torch.where(present, scores, (1 - scores + clip).clamp(max=1))
    weight = torch.where(present, (1 - right).pow(gamma_positive), (1 - right).pow(gamma_negative)).detach()
    return -(weight * right.clamp(min=_LEAST).log()).sum(dim=1).mean()
