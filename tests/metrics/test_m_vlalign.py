import itertools
import sys

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import m_vlalign


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("k", [1, 2, 5, 30])
def test_it_is_zero_at_the_teacher_and_at_most_all_pairs(rows, dtype, k):
    teacher, text = rows(400, 16, 1, dtype), rows(30, 16, 2, dtype)
    assert m_vlalign(teacher, teacher, text, k) == 0.0
    assert m_vlalign(-teacher, teacher, text, k) == pytest.approx(k * (k - 1) / 2)
    assert 0 <= m_vlalign(rows(400, 16, 3, dtype), teacher, text, k) <= k * (k - 1) / 2


def test_worked_number():
    text = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-1.0, 0.0]])
    teacher, student = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.8, 0.6], [0.0, 1.0]])
    # teacher's order 0 1 2; first student 0.8 1.0 0.6: one pair reversed; second 0.0 0.6 1.0: all three
    assert m_vlalign(student, teacher, text, 3) == pytest.approx((1 + 3) / 2)
    assert m_vlalign(student, teacher, text, 2) == pytest.approx((1 + 1) / 2)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("k", [2, 3, 5, 12, 99])
def test_it_equals_a_naive_loop(rows, dtype, k):
    student, teacher, text = rows(30, 8, 1, dtype), rows(30, 8, 2, dtype), rows(12, 8, 3, dtype)
    reversed_pairs = 0
    for i in range(30):
        theirs = [float(teacher[i].double() @ t.double()) for t in text]
        ours = [float(student[i].double() @ t.double()) for t in text]
        near = sorted(range(12), key=lambda c: (-theirs[c], c))[:k]
        reversed_pairs += sum(ours[q] > ours[p] for p, q in itertools.combinations(near, 2))
    assert m_vlalign(student, teacher, text, k) == pytest.approx(reversed_pairs / 30)


def test_equally_near_texts_stand_in_the_order_of_their_index():
    text = torch.tensor([[0.6, 0.8], [0.6, -0.8]])
    undecided, second_first = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.6, -0.8]])
    assert m_vlalign(undecided, undecided, text, 2) == 0.0
    assert m_vlalign(second_first, undecided, text, 2) == 1.0
    assert m_vlalign(undecided, second_first, text, 2) == 1.0


def test_k_above_the_number_of_texts_means_all(rows):
    student, teacher, text = rows(20, 8, 1), rows(20, 8, 2), rows(4, 8, 3)
    assert m_vlalign(student, teacher, text, 9) == m_vlalign(student, teacher, text, 4)


def test_blocks_add_up(rows, monkeypatch):
    student, teacher, text = rows(50, 8, 1), rows(50, 8, 2), rows(6, 8, 3)
    whole = m_vlalign(student, teacher, text, 4)
    monkeypatch.setattr(sys.modules["clipling.metrics.m_vlalign"], "_HELD", 100)
    assert m_vlalign(student, teacher, text, 4) == whole


def test_what_it_refuses(rows, shapes_unchecked):
    student, teacher, text = rows(5, 8, 1), rows(5, 8, 2), rows(4, 8, 3)
    with pytest.raises(InputError, match="k is 0 among 4 texts"):
        m_vlalign(student, teacher, text, 0)
    with pytest.raises(InputError, match="among 0 texts"):
        m_vlalign(student, teacher, text[:0], 2)
    with pytest.raises(InputError, match="text has width 3, expected 8"):
        m_vlalign(student, teacher, rows(4, 3, 1), 2)
    text[2, 2] = -torch.inf
    with pytest.raises(InputError, match="text: row 2 holds NaN or infinity"):
        m_vlalign(student, teacher, text, 2)
