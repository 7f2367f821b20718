"""The classes an image is nearest to, with probabilities; evaluation and the deployed student both answer with this.

Shapes: N images, C classes, D embedding width.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.contracts.records import Prediction
from clipling.tensors import cosine

_ROWS_AT_ONCE = 4096


def top_predictions(
    features: Float[Tensor, "N D"], text: Float[Tensor, "C D"], labels: Sequence[str], *, temperature: float, k: int = 5
) -> list[list[Prediction]]:
    """For each image its k most probable labels (all of them when there are fewer), most probable first.

    labels: one per row of `text`. A probability is the softmax over all C classes of cosine / temperature, in [0, 1].
    Among equals the earlier label comes first. Raises InputError when k is below 1.
    """
    if k < 1:
        raise InputError(f"k is {k}, expected the number of predictions wanted, at least 1")
    answers = []
    for rows in torch.split(features, _ROWS_AT_ONCE):
        logits = cosine(rows, text.to(rows.device)) / temperature
        ranked, classes = logits.sort(dim=1, descending=True, stable=True)
        probabilities = ranked.softmax(dim=1)[:, :k].tolist()
        for numbers, chances in zip(classes[:, :k].tolist(), probabilities, strict=True):
            answers.append([Prediction(labels[c], p) for c, p in zip(numbers, chances, strict=True)])
    return answers
