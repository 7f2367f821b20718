"""How far the student's features lie from the teacher's: squared distance and angle (arXiv 2307.03135, Table 2).

Shapes: N images, D embedding width. Features have unit rows.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.metrics.checks import refuse_nonfinite, refuse_other_width, refuse_unpaired

_ROWS = 4096  # rows widened to float64 at once


def mse_and_degrees(student: Float[Tensor, "N D"], teacher: Float[Tensor, "N D"]) -> tuple[float, float]:
    """The mean squared distance m, 0 to 4, and arccos(1 - m / 2) in degrees, the angle at which every pair gives m.

    It is the angle of the mean, not the mean of the angles. Raises InputError for features that are not finite, or
    not of the same shape.
    """
    refuse_unpaired("student", student, "teacher", teacher)
    refuse_other_width("teacher", teacher, student.shape[1])
    refuse_nonfinite("student", student)
    refuse_nonfinite("teacher", teacher)
    total = 0.0
    for ours, theirs in zip(torch.split(student, _ROWS), torch.split(teacher, _ROWS), strict=True):
        total += float((ours.double() - theirs.double()).square().sum())
    mean = total / len(student)
    return mean, math.degrees(math.acos(min(1.0, max(-1.0, 1 - mean / 2))))
