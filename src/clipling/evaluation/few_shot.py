"""Accuracy part by part, each part's images told apart among the part's own classes: before the shots and after.

Shapes: N images, C classes, P of them in a part, D embedding width.
"""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

from clipling.metrics import mean_class_accuracy

Logits = Callable[[Float[Tensor, "n D"], Int[Tensor, " P"]], Float[Tensor, "n P"]]
"""How well images fit each of the classes given, by whatever rule."""


def part_accuracies(
    parts: Mapping[str, Int[Tensor, " P"]], labels: Int[Tensor, " N"], features: Float[Tensor, "N D"], logits: Logits
) -> dict[str, float]:
    """Mean-over-classes accuracy in [0, 1] of each part; one without images is absent.

    parts: the classes of each part. labels: the class of each image; images of classes in no part are passed over.
    """
    scores = {}
    for name, classes in parts.items():
        asked = torch.isin(labels, classes)
        if asked.any():
            places = (labels[asked][:, None] == classes[None, :]).int().argmax(dim=1)
            scores[name] = mean_class_accuracy(logits(features[asked], classes), places)
    return scores
