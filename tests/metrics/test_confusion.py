from collections import Counter

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import most_confused, per_class_accuracy

PREDICTED = torch.tensor([0, 1, 1, 1, 2, 2, 0])
LABELS = torch.tensor([0, 0, 0, 1, 2, 4, 4])


def test_per_class_worked_numbers_and_none_for_an_absent_class():
    assert per_class_accuracy(PREDICTED, LABELS, 6) == [pytest.approx(1 / 3), 1.0, 1.0, None, 0.0, None]


def test_a_prediction_outside_the_classes_is_only_wrong():
    assert per_class_accuracy(torch.tensor([9, 0]), torch.tensor([0, 0]), 1) == [0.5]


def test_most_confused_worked_numbers():
    assert most_confused(PREDICTED, LABELS) == [
        (0, 1, 2, pytest.approx(2 / 3)),
        (4, 0, 1, 0.5),
        (4, 2, 1, 0.5),
    ]
    assert most_confused(PREDICTED, LABELS, top=1) == [(0, 1, 2, pytest.approx(2 / 3))]
    assert most_confused(LABELS, LABELS) == []


def test_most_confused_equals_a_naive_count():
    generator = torch.Generator().manual_seed(0)
    predicted, labels = (torch.randint(0, 12, (500,), generator=generator) for _ in range(2))
    pairs = Counter((t, p) for t, p in zip(labels.tolist(), predicted.tolist(), strict=True) if t != p)
    size = Counter(labels.tolist())
    expected = sorted(
        ((t, p, n, n / size[t]) for (t, p), n in pairs.items()), key=lambda row: (-row[2], row[0], row[1])
    )
    assert most_confused(predicted, labels, top=40) == expected[:40]
    assert all(type(value) in (int, float) for row in most_confused(predicted, labels) for value in row)


@pytest.mark.parametrize("dtype", [torch.int16, torch.int32])
def test_narrow_integers_do_not_overflow(dtype):
    predicted, labels = torch.tensor([100, 100], dtype=dtype), torch.tensor([100, 200], dtype=dtype)
    assert most_confused(predicted, labels) == [(200, 100, 1, 1.0)]
    assert per_class_accuracy(predicted, labels, 201)[100:] == [1.0, *[None] * 99, 0.0]


def test_what_they_refuse(shapes_unchecked):
    with pytest.raises(InputError, match="top is 0, expected 1 or more"):
        most_confused(PREDICTED, LABELS, top=0)
    with pytest.raises(InputError, match="labels: row 1 is class -1"):
        most_confused(torch.tensor([0, 1]), torch.tensor([0, -1]))
    with pytest.raises(InputError, match="labels: row 5 is class 4, expected 0 to 3"):
        per_class_accuracy(PREDICTED, LABELS, 4)
    with pytest.raises(InputError, match="predicted has 1 rows and labels 2"):
        most_confused(torch.tensor([0]), torch.tensor([0, 1]))
