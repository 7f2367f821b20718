"""How far a student agrees with its teacher on images whose class nobody knows.

Shapes: N images, C names, D embedding width. Features have unit rows.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.metrics import m_neigh_each, m_rel, mse_and_degrees
from clipling.tensors import cosine, unit

NEIGHBOURS = 10


def agreement(
    student: Float[Tensor, "N D"], teacher: Float[Tensor, "N D"], text: Float[Tensor, "C D"]
) -> dict[str, float]:
    """`cosine`, `degrees`, `m_rel`, `m_neigh` and `same_answer` of the same images in the same order.

    cosine: the mean of each image's two features, in [-1, 1], and degrees the angle it stands for. m_rel: share of
    images whose nearest teacher feature is their own. m_neigh: share of an image's 10 nearest images (of all others,
    where there are fewer) that are so in both spaces. same_answer: share of images for which both choose the same name.
    text: the names as both are asked; with fewer than two there is no same_answer. Without images nothing is measured.
    """
    if not len(student):
        return {}
    mse, degrees = mse_and_degrees(student, teacher)
    found = {"cosine": 1 - mse / 2, "degrees": degrees, "m_rel": m_rel(student, teacher)}
    if neighbours := min(NEIGHBOURS, len(student) - 1):
        found["m_neigh"] = m_neigh_each(student, teacher, [neighbours])[neighbours]
    if len(text) > 1:
        found["same_answer"] = float((_answers(student, text) == _answers(teacher, text)).float().mean())
    return found


def chance_agreement(
    trained: Float[Tensor, "M D"], teacher: Float[Tensor, "N D"], text: Float[Tensor, "C D"]
) -> dict[str, float]:
    """The agreement of a student that has learned nothing: one feature, or one answer, for all images.

    trained: the teacher's features of the training images, whose centre that feature is. teacher: of the images that
    are measured. Of them, `m_rel` and `m_neigh` are those of a draw, `same_answer` that of the commonest answer.
    """
    if not len(teacher):
        return {}
    constant = unit(trained.mean(dim=0, keepdim=True)).expand_as(teacher)
    mse, degrees = mse_and_degrees(constant, teacher)
    found = {"cosine": 1 - mse / 2, "degrees": degrees, "m_rel": 1 / len(teacher)}
    if neighbours := min(NEIGHBOURS, len(teacher) - 1):
        found["m_neigh"] = neighbours / (len(teacher) - 1)
    if len(text) > 1:
        found["same_answer"] = int(_answers(teacher, text).bincount().max()) / len(teacher)
    return found


def _answers(features: Tensor, text: Tensor) -> Tensor:
    return torch.cat([cosine(rows, text).argmax(dim=1) for rows in torch.split(features, 4096)])
