"""M_vlalign: does the student rank the texts near an image as the teacher does? (arXiv 2307.03135, Table 4)

Shapes: N images, C texts, D embedding width, k texts. Features have unit rows.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.metrics.checks import refuse_nonfinite, refuse_other_width, refuse_unpaired
from clipling.tensors import cosine, topk_blocked

_HELD = 1 << 24  # cosines or pairs in memory at once


def m_vlalign(
    student: Float[Tensor, "N D"], teacher: Float[Tensor, "N D"], text: Float[Tensor, "C D"], k: int
) -> float:
    """Mean number of pairs among the teacher's k nearest texts that the student has in reverse: 0 to k (k - 1) / 2.

    0 is the teacher's order. Of equally near texts the one of lower index comes first, for teacher and student alike.
    A k above C means all texts. Raises InputError for features that are not finite or not of one width, not as many
    images on both sides, no text, or k below 1.
    """
    refuse_unpaired("student", student, "teacher", teacher)
    for name, features in (("student", student), ("teacher", teacher), ("text", text)):
        refuse_other_width(name, features, student.shape[1])
        refuse_nonfinite(name, features)
    if k < 1 or not len(text):
        raise InputError(
            f"k is {k} among {len(text)} texts, expected at least 1 of each; k texts an image are compared"
        )
    k = min(k, len(text))
    rows = max(1, _HELD // max(len(text), k * k))
    reversed_pairs = 0
    # one block for both, so that equal features give equal cosines to the last bit and no near tie looks reversed
    for ours, theirs in zip(torch.split(student, rows), torch.split(teacher, rows), strict=True):
        nearest = topk_blocked(theirs, text, k, block=_HELD).indices
        reversed_pairs += _reversed(cosine(ours, text).gather(1, nearest), nearest)
    return reversed_pairs / len(student)


def _reversed(closeness: Float[Tensor, "B k"], texts: Int[Tensor, "B k"]) -> int:
    """How many pairs of columns, first before second, belong the other way round by closeness, then by lower text."""
    first, second = torch.triu_indices(closeness.shape[1], closeness.shape[1], offset=1, device=closeness.device)
    nearer, tied = closeness[:, second] > closeness[:, first], closeness[:, second] == closeness[:, first]
    return int((nearer | (tied & (texts[:, second] < texts[:, first]))).sum())
