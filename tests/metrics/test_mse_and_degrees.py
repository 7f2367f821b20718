import math
import sys

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import mse_and_degrees


def test_it_is_zero_at_the_teacher_180_degrees_at_its_opposite_and_between_elsewhere(rows):
    teacher = rows(50, 8, 1, torch.float32)
    assert mse_and_degrees(teacher, teacher) == (0.0, 0.0)
    assert mse_and_degrees(-teacher, teacher) == pytest.approx((4.0, 180.0), abs=0.1)
    mean, degrees = mse_and_degrees(rows(50, 8, 2), teacher.double())
    assert 0 < mean < 4
    assert 0 < degrees < 180


def test_worked_number():
    teacher, student = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.6, 0.8], [1.0, 0.0]])
    # squared distances 0.8 and 0: m = 0.4, cosine 0.8
    assert mse_and_degrees(student, teacher) == pytest.approx((0.4, math.degrees(math.acos(0.8))), rel=1e-6)


@pytest.mark.parametrize(
    ("mean", "degrees"), [(0.24, 28.4), (0.36, 34.9), (0.35, 34.4), (0.45, 39.2), (0.71, 49.8), (0.65, 47.6)]
)
def test_the_pairs_of_the_published_table(mean, degrees):
    cosine = 1 - mean / 2
    student = torch.tensor([[cosine, math.sqrt(1 - cosine**2)]], dtype=torch.float64)
    assert mse_and_degrees(student, torch.tensor([[1.0, 0.0]], dtype=torch.float64)) == pytest.approx(
        (mean, degrees), abs=0.06
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_it_equals_a_naive_loop_in_any_precision(rows, dtype):
    student, teacher = rows(30, 16, 1, dtype), rows(30, 16, 2, dtype)
    expected = sum((float(student[i, d]) - float(teacher[i, d])) ** 2 for i in range(30) for d in range(16)) / 30
    mean, degrees = mse_and_degrees(student, teacher)
    assert mean == pytest.approx(expected, rel=1e-12)
    assert math.cos(math.radians(degrees)) == pytest.approx(1 - expected / 2)


def test_blocks_add_up(rows, monkeypatch):
    student, teacher = rows(50, 8, 1), rows(50, 8, 2)
    whole = mse_and_degrees(student, teacher)
    monkeypatch.setattr(sys.modules["clipling.metrics.mse_and_degrees"], "_ROWS", 7)
    assert mse_and_degrees(student, teacher) == pytest.approx(whole)


def test_what_it_refuses(rows, shapes_unchecked):
    with pytest.raises(InputError, match="teacher has width 1, expected 8"):
        mse_and_degrees(rows(5, 8, 1), rows(5, 1, 1))
    with pytest.raises(InputError, match="student has 5 rows and teacher 1"):
        mse_and_degrees(rows(5, 8, 1), rows(1, 8, 1))
    bad = rows(5, 8, 1)
    bad[0, 0] = torch.nan
    with pytest.raises(InputError, match="student: row 0"):
        mse_and_degrees(bad, rows(5, 8, 1))
