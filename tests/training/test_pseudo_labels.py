"""The teacher's own answers as labels: which name, and when it is sure."""

import math

import pytest
import torch
from torch.nn.functional import normalize

from clipling.contracts.encoders import NO_LABEL
from clipling.training.pseudo_labels import SCALE, pseudo_labels

TEXT = torch.eye(4)[:3]


def image(first: float, second: float) -> torch.Tensor:
    """A unit row with these cosines to the first two names, and none to the third."""
    return torch.tensor([[first, second, 0.0, math.sqrt(1 - first**2 - second**2)]])


def test_the_probability_is_that_of_the_scaled_softmax() -> None:
    _, (chance,) = pseudo_labels(image(0.3, 0.29), TEXT, sure=0.5)
    assert float(chance) == pytest.approx(1 / (1 + math.exp(-0.01 * SCALE) + math.exp(-0.3 * SCALE)), rel=1e-4)


@pytest.mark.parametrize(("second", "sure", "label"), [(0.29, 0.7, 0), (0.29, 0.74, NO_LABEL), (0.2, 0.99, 0)])
def test_below_the_threshold_there_is_no_label(second: float, sure: float, label: int) -> None:
    labels, _ = pseudo_labels(image(0.3, second), TEXT, sure=sure)
    assert labels.tolist() == [label]


def test_every_image_has_its_row_whatever_their_number() -> None:
    rows = normalize(torch.randn(9000, 3), dim=1)
    labels, chances = pseudo_labels(rows, torch.eye(3), sure=1e-6)
    assert labels.equal(rows.argmax(dim=1))
    assert chances.shape == (9000,)


def test_without_names_there_are_no_labels() -> None:
    labels, chances = pseudo_labels(torch.eye(3), torch.empty(0, 3), sure=0.5)
    assert (labels.tolist(), chances.tolist()) == ([NO_LABEL] * 3, [0.0] * 3)
