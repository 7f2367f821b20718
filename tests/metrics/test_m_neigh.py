import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import m_neigh, m_neigh_each


@pytest.mark.parametrize("k", [1, 3, 10, 49])
def test_it_is_one_at_the_teacher_and_a_share_elsewhere(rows, k):
    teacher = rows(50, 8, 1)
    assert m_neigh(teacher, teacher, k) == 1.0
    assert 0 <= m_neigh(rows(50, 8, 2), teacher, k) <= 1


def test_a_rotation_of_either_space_and_another_width_change_nothing(rows):
    student, teacher = rows(50, 8, 1), rows(50, 12, 2)
    turn = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64))[0]
    assert m_neigh(student @ turn, teacher, 5) == m_neigh(student, teacher, 5)


def test_worked_number():
    angles = torch.tensor([[0.0, 10.0, 25.0, 90.0], [0.0, 80.0, 25.0, 90.0]]).deg2rad()
    teacher, student = (torch.stack([a.cos(), a.sin()], 1) for a in angles)
    # two nearest, teacher: {1,2} {0,2} {0,1} {1,2}; student: {1,2} {2,3} {0,1} {1,2}
    assert m_neigh(student, teacher, 2) == pytest.approx((2 + 1 + 2 + 2) / 8)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("k", [1, 4])
def test_it_equals_a_naive_loop(rows, dtype, k):
    teacher = rows(40, 16, 1, dtype)
    student = (teacher.double() + 0.8 * rows(40, 16, 2)).to(dtype)

    def neighbours(space, i):
        cosines = {j: float(space[i].double() @ space[j].double()) for j in range(40) if j != i}
        return set(sorted(cosines, key=lambda j: (-cosines[j], j))[:k])

    shared = sum(len(neighbours(student, i) & neighbours(teacher, i)) for i in range(40))
    assert m_neigh(student, teacher, k) == pytest.approx(shared / 40 / k)


def test_several_k_at_once_are_each_k_alone(rows):
    student, teacher = rows(40, 16, 1), rows(40, 16, 2)
    assert m_neigh_each(student, teacher, [10, 3]) == {k: m_neigh(student, teacher, k) for k in (10, 3)}
    assert m_neigh_each(student, teacher, []) == {}
    with pytest.raises(InputError, match="k is 40, expected 1 to 39"):
        m_neigh_each(student, teacher, [3, 40])


def test_of_equally_near_images_those_of_lower_index_are_the_neighbours(rows):
    same = rows(1, 8, 1).repeat(6, 1)
    apart = torch.eye(6, dtype=torch.float64)
    # all alike in either space: both take the lowest indices but their own
    assert m_neigh(same, apart, 2) == 1.0


@pytest.mark.parametrize("k", [0, 5, 6])
def test_k_must_leave_the_image_itself_out(rows, k):
    with pytest.raises(InputError, match=f"k is {k}, expected 1 to 4"):
        m_neigh(rows(5, 8, 1), rows(5, 8, 2), k)


def test_features_that_are_not_finite_are_named(rows):
    teacher = rows(5, 8, 1)
    teacher[4, 0] = torch.nan
    with pytest.raises(InputError, match="teacher: row 4 holds NaN"):
        m_neigh(rows(5, 8, 2), teacher, 2)
    with pytest.raises(InputError, match="student: row 4 holds NaN"):
        m_neigh(teacher, rows(5, 8, 2), 2)
