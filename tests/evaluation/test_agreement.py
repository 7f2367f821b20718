"""Agreement of student and teacher: numbers worked out by hand."""

import pytest
import torch

from clipling.evaluation.agreement import agreement, chance_agreement
from clipling.tensors import unit

AXES = torch.eye(4)
NOTHING = torch.empty(0, 4)


def test_a_student_equal_to_its_teacher_agrees_in_all() -> None:
    rows = unit(torch.randn(12, 8))
    found = agreement(rows, rows, unit(torch.randn(3, 8)))
    assert found == pytest.approx({"cosine": 1, "degrees": 0, "m_rel": 1, "m_neigh": 1, "same_answer": 1}, abs=1e-3)


def test_numbers_worked_out_by_hand() -> None:
    """Of four images the student exchanges two."""
    found = agreement(AXES[[1, 0, 2, 3]], AXES, AXES[[0, 1]])
    assert found["cosine"] == pytest.approx(0.5)
    assert found["degrees"] == pytest.approx(60)
    assert found["m_rel"] == 0.5
    assert found["m_neigh"] == 1  # of three others the three nearest are all of them
    assert found["same_answer"] == 0.5  # images that are far from both names get the first, from both


def test_what_is_not_measured_is_absent() -> None:
    assert agreement(NOTHING, NOTHING, AXES) == {}
    assert chance_agreement(AXES, NOTHING, AXES) == {}
    for text in (NOTHING, AXES[:1]):
        assert "same_answer" not in agreement(AXES, AXES, text)
        assert "same_answer" not in chance_agreement(AXES, AXES, text)
    assert "m_neigh" not in agreement(AXES[:1], AXES[:1], NOTHING)


def test_chance_is_one_feature_for_all_and_the_commonest_answer() -> None:
    found = chance_agreement(AXES, AXES[[0, 0, 0, 1]], AXES[[0, 1]])
    assert found["cosine"] == pytest.approx(0.5)  # the centre of four axes
    assert found["degrees"] == pytest.approx(60)
    assert (found["m_rel"], found["m_neigh"], found["same_answer"]) == (0.25, 1, 0.75)
    assert chance_agreement(AXES, unit(torch.randn(21, 4)), NOTHING)["m_neigh"] == 0.5
