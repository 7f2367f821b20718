"""How wide the texts of classes lie in the teacher's space (arXiv 2307.03135, Figure 4 and Table 6).

Shapes: N captions, C classes, D embedding width.
"""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.metrics import mean_cosine, singular_values
from clipling.tensors import unit


def class_means(features: Float[Tensor, "N D"], labels: Int64[Tensor, " N"], classes: int) -> Float[Tensor, "C D"]:
    """The centre of each class: the mean of its unit rows, made a unit row again.

    Raises InputError naming a class without any row.
    """
    counts = torch.bincount(labels, minlength=classes)
    if len(empty := (counts == 0).nonzero()):
        raise InputError(f"class {int(empty[0])} of {classes} has no caption; give one for at least one of its images")
    return unit(torch.zeros(classes, features.shape[1]).index_add(0, labels, features.float()))


def text_space(texts: Mapping[str, Float[Tensor, "C D"]]) -> dict[str, dict[str, Any]]:
    """`mean_cosine`, `singular_values` (largest first) and `spectrum`, their sum, of each set of texts.

    texts: unit rows of the same classes by what they are, such as `names`, `descriptions` and `captions`.
    """
    values = {name: singular_values(text) for name, text in texts.items()}
    return {
        "mean_cosine": {name: mean_cosine(text) for name, text in texts.items()},
        "singular_values": values,
        "spectrum": {name: sum(each) for name, each in values.items()},
    }
