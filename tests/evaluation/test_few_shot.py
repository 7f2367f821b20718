import pytest
import torch
from torch import Tensor

from clipling.evaluation.few_shot import part_accuracies

TEXT = torch.eye(4)
LABELS = torch.tensor([3, 1, 0, 3, 2, -1])
FEATURES = torch.tensor([3, 1, 0, 0, 3, 0])  # taken for these


def by_text(features: Tensor, classes: Tensor) -> Tensor:
    return features @ TEXT[classes].T


def test_each_part_chooses_among_its_own_classes() -> None:
    parts = {"first": torch.tensor([3, 0]), "second": torch.tensor([1, 2])}
    scores = part_accuracies(parts, LABELS, TEXT[FEATURES], by_text)
    assert scores["first"] == pytest.approx((1 / 2 + 1) / 2), "half of class 3, all of class 0"
    assert scores["second"] == pytest.approx(1 / 2), "the class 2 image fits neither text, and ties go to the first"


def test_a_part_without_images_is_absent() -> None:
    parts = {"some": torch.tensor([3]), "none": torch.tensor([2])}
    assert part_accuracies(parts, LABELS[:4], TEXT[FEATURES[:4]], by_text).keys() == {"some"}
