import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import m_rel


def test_it_is_one_at_the_teacher_and_a_share_elsewhere(rows):
    teacher = rows(50, 8, 1)
    assert m_rel(teacher, teacher) == 1.0
    for seed in range(5):
        assert 0 <= m_rel(rows(50, 8, seed + 10), teacher) <= 1
    assert m_rel(teacher.roll(1, 0), teacher) == 0.0


def test_worked_number():
    teacher = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    student = torch.tensor([[0.8, 0.6], [0.8, 0.6], [-0.6, 0.8]])
    # nearest teachers: 0 (own), 0, 1
    assert m_rel(student, teacher) == pytest.approx(1 / 3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_it_equals_a_naive_loop(rows, dtype):
    teacher = rows(60, 16, 1, dtype)
    student = (teacher.double() + 2 * rows(60, 16, 2)).to(dtype)
    hits = 0
    for i in range(60):
        cosines = [float(student[i].double() @ teacher[j].double()) for j in range(60)]
        hits += cosines.index(max(cosines)) == i
    assert 0 < hits < 60
    assert m_rel(student, teacher) == pytest.approx(hits / 60)


def test_of_two_identical_images_only_the_first_is_found(rows):
    teacher = rows(10, 8, 1).repeat(2, 1)
    assert m_rel(teacher, teacher) == 0.5


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("side", ["student", "teacher"])
def test_features_that_are_not_finite_are_named(rows, bad, side):
    features = {"student": rows(10, 8, 1), "teacher": rows(10, 8, 2)}
    features[side][3, 5] = bad
    features[side][7, 0] = bad
    with pytest.raises(InputError, match=f"{side}: row 3 holds NaN or infinity, 2 of 10 rows"):
        m_rel(**features)


def test_sets_that_do_not_belong_together_are_refused(rows, shapes_unchecked):
    with pytest.raises(InputError, match="student has 5 rows and teacher 6"):
        m_rel(rows(5, 8, 1), rows(6, 8, 1))
    with pytest.raises(InputError, match="teacher has width 4, expected 8"):
        m_rel(rows(5, 8, 1), rows(5, 4, 1))
    with pytest.raises(InputError, match="at least one"):
        m_rel(torch.empty(0, 8), torch.empty(0, 8))
