"""Which classes are recognised, and what the others are taken for.

Shapes: N images. Classes are numbers from 0.
"""

import torch
from jaxtyping import Int
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.metrics.checks import refuse_bad_labels, refuse_unpaired


def per_class_accuracy(predicted: Int[Tensor, " N"], labels: Int[Tensor, " N"], classes: int) -> list[float | None]:
    """For each class the share of its images that were predicted right, 0 to 1; None for a class that has no image.

    Raises InputError for labels outside 0 to classes - 1 and for an empty set.
    """
    refuse_unpaired("predicted", predicted, "labels", labels)
    refuse_bad_labels("labels", labels, classes)
    counts = torch.bincount(labels, minlength=classes).tolist()
    right = torch.bincount(labels[predicted == labels], minlength=classes).tolist()
    return [hits / count if count else None for hits, count in zip(right, counts, strict=True)]


def most_confused(
    predicted: Int[Tensor, " N"], labels: Int[Tensor, " N"], top: int = 10
) -> list[tuple[int, int, int, float]]:
    """The commonest mistakes: (true class, predicted class, how many images, their share of the true class's images).

    Most images first, then the lower true class, then the lower predicted one; fewer than `top` when there are no more.
    Raises InputError for an empty set, a negative class, or `top` below 1.
    """
    refuse_unpaired("predicted", predicted, "labels", labels)
    if top < 1:
        raise InputError(f"top is {top}, expected 1 or more; it is the number of mistakes to list")
    classes = 1 + int(torch.maximum(predicted.max(), labels.max()))
    refuse_bad_labels("labels", labels, classes)
    refuse_bad_labels("predicted", predicted, classes)
    counts = torch.bincount(labels, minlength=classes).tolist()
    wrong = predicted != labels
    mistakes = labels[wrong].long() * classes + predicted[wrong]
    pairs, images = (column.tolist() for column in torch.unique(mistakes, return_counts=True))
    commonest = sorted(zip(pairs, images, strict=True), key=lambda mistake: (-mistake[1], mistake[0]))[:top]
    return [(pair // classes, pair % classes, n, n / counts[pair // classes]) for pair, n in commonest]
