"""How far the mean-class accuracy would move with other test images: Wilson's interval for a stratified sample.

What varies are the images within each class, drawn anew in the same numbers; the classes and the weights are fixed.
Nothing is resampled: a bootstrap of few images a class is too narrow, since it draws from a spread that is (n - 1) / n
of the true one, and it cannot vary at all where every image is right. The accuracy is taken for a proportion among as
many images as would give its variance in one simple sample, the effective sample size.

Sources: Wilson, Journal of the American Statistical Association 22 (1927); Korn and Graubard, Survey Methodology 24
(1998), for the effective sample size; Franco et al., Journal of Survey Statistics and Methodology 7 (2019), who compare
such intervals and recommend this one.

Shapes: N images, C classes.
"""

from statistics import NormalDist

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from clipling.metrics.checks import refuse_unpaired

_Z = NormalDist().inv_cdf(0.975)


def accuracy_interval(correct: Bool[Tensor, " N"], labels: Int[Tensor, " N"]) -> tuple[float, float]:
    """The 95 % interval of the mean-class accuracy for other test images of the same classes, within [0, 1].

    It says nothing about other classes or other seeds of training. A class with one image tells nothing of its own
    spread, so it is given that of all classes together, which is never too small on average. Where no class shows any
    spread, the images count as one simple sample. Raises InputError for an empty set.
    """
    refuse_unpaired("correct", correct, "labels", labels)
    _, class_of_image = np.unique(labels.cpu().numpy(), return_inverse=True)
    right = np.bincount(class_of_image, weights=correct.cpu().numpy())
    low, high = stratified_wilson(right[None], np.bincount(class_of_image))
    return float(low[0]), float(high[0])


def stratified_wilson(
    right: Shaped[np.ndarray, "S C"], images: Int[np.ndarray, " C"]
) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """Lower and upper bounds of the mean share for S samples of as many images, so many of each class right."""
    classes, shares = len(images), right / images
    mean = shares.mean(axis=1)
    spread = mean * (1 - mean)
    each = np.where(images > 1, shares * (1 - shares) / np.maximum(images - 1, 1), spread[:, None])
    variance = each.sum(axis=1) / classes**2
    simple = classes**2 / (1 / images).sum()
    size = np.where(variance > 0, spread / np.where(variance > 0, variance, 1), simple)
    centre, half = mean + _Z**2 / (2 * size), _Z * np.sqrt(spread / size + _Z**2 / (4 * size**2))
    shrink = 1 + _Z**2 / size
    low, high = (centre - half) / shrink, (centre + half) / shrink
    return np.clip(low, 0, mean), np.clip(high, mean, 1)  # rounding would put 0 or 1 outside
