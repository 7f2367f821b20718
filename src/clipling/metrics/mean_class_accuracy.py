"""Accuracy where every class counts the same, however many images it has: the accuracy of the paper's tables.

Shapes: N images, C classes.
"""

from statistics import fmean

from jaxtyping import Float, Int
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.metrics.checks import refuse_unpaired
from clipling.metrics.confusion import per_class_accuracy


def mean_class_accuracy(logits: Float[Tensor, "N C"], labels: Int[Tensor, " N"]) -> float:
    """Mean over the classes that occur in `labels` of the share of their images whose largest logit is theirs: 0 to 1.

    Of equal logits the lower class is predicted. Infinite logits are compared as such (-inf masks a class); NaN raises
    InputError, as do labels outside 0 to C - 1 and an empty set.
    """
    refuse_unpaired("logits", logits, "labels", labels)
    bad = logits.isnan().any(dim=1)
    if bad.any():
        raise InputError(f"logits: row {int(bad.nonzero()[0])} holds NaN, expected numbers; find what produced it")
    shares = per_class_accuracy(logits.argmax(dim=1), labels, logits.shape[1])
    return fmean(share for share in shares if share is not None)
