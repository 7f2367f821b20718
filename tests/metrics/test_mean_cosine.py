import itertools

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import mean_cosine


def test_worked_number():
    text = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    assert mean_cosine(text) == pytest.approx((0.6 + 0.0 + 0.8) / 3)


def test_the_same_text_everywhere_is_one_and_unrelated_ones_are_zero(rows):
    assert mean_cosine(rows(1, 8, 1).repeat(9, 1)) == pytest.approx(1)
    assert mean_cosine(torch.eye(6)) == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_it_equals_a_naive_loop(rows, dtype):
    text = rows(20, 8, 1, dtype)
    pairs = [float(a.double() @ b.double()) for a, b in itertools.combinations(text, 2)]
    assert mean_cosine(text) == pytest.approx(sum(pairs) / len(pairs), abs=1e-9)


def test_what_it_refuses(rows):
    with pytest.raises(InputError, match="text has 1 rows, expected at least 2"):
        mean_cosine(rows(1, 8, 1))
    text = rows(5, 8, 1)
    text[3, 0] = torch.nan
    with pytest.raises(InputError, match="text: row 3 holds NaN"):
        mean_cosine(text)
