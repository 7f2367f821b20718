"""M_rel: does the student's image find its own teacher image among all? (arXiv 2307.03135, Table 3)

Shapes: N images, D embedding width. Features have unit rows.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.metrics.checks import refuse_nonfinite, refuse_other_width, refuse_unpaired
from clipling.tensors import topk_blocked


def m_rel(student: Float[Tensor, "N D"], teacher: Float[Tensor, "N D"]) -> float:
    """Share, 0 to 1, of the images whose nearest teacher feature is their own; 1 is perfect, 1 / N chance.

    Of equally near teacher features the lower index is the nearest: of two identical images only the first is found.
    Raises InputError for features that are not finite, or not of the same shape.
    """
    refuse_unpaired("student", student, "teacher", teacher)
    refuse_other_width("teacher", teacher, student.shape[1])
    refuse_nonfinite("student", student)
    refuse_nonfinite("teacher", teacher)
    nearest = topk_blocked(student, teacher, 1).indices[:, 0]
    return int((nearest == torch.arange(len(student), device=student.device)).sum()) / len(student)
