"""How far the mean-class accuracy would move with other test images: a percentile bootstrap within each class.

Drawing n images of a class with replacement and counting the right ones is one draw from Binomial(n, share right), so
no image is ever drawn: each resample costs one number a class.

Shapes: N images.
"""

import numpy as np
from jaxtyping import Bool, Int
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.metrics.checks import refuse_unpaired


def bootstrap_interval(
    correct: Bool[Tensor, " N"], labels: Int[Tensor, " N"], *, resamples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval (2.5th and 97.5th percentile) of the mean-class accuracy, each class resampled to its own size.

    It holds the classes fixed: it says nothing about other classes, other seeds of training, or a class with one image,
    which cannot vary. The same seed gives the same interval. Raises InputError for an empty set or resamples below 1.
    """
    refuse_unpaired("correct", correct, "labels", labels)
    if resamples < 1:
        raise InputError(f"resamples is {resamples}, expected 1 or more, such as 1000")
    _, class_of_image = np.unique(labels.cpu().numpy(), return_inverse=True)
    counts = np.bincount(class_of_image)
    right = np.bincount(class_of_image, weights=correct.cpu().numpy())
    draws = np.random.default_rng(seed).binomial(counts, right / counts, size=(resamples, len(counts)))
    low, high = np.percentile((draws / counts).mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
