"""The entry of results.json, with the keys it promises and what cannot be measured left out."""

import json

import pytest
import torch
from torch import Tensor

from clipling.evaluation import coherence
from clipling.metrics import m_neigh, m_rel, m_vlalign, mse_and_degrees
from clipling.tensors import unit


def rows(count: int, seed: int) -> Tensor:
    return unit(torch.randn(count, 6, generator=torch.Generator().manual_seed(seed)))


def test_a_student_equal_to_its_teacher_is_coherent():
    teacher = rows(12, 0)
    found = coherence(teacher.clone(), teacher, rows(4, 1))
    assert found["m_rel"] == 1
    assert found["m_neigh"] == {"3": 1, "5": 1, "10": 1}
    assert found["m_vlalign"] == {"2": 0, "3": 0}  # there are four texts
    assert found["mse"] == pytest.approx(0, abs=1e-6)
    assert found["degrees"] == pytest.approx(0, abs=0.1)


def test_each_number_is_that_of_its_metric():
    student, teacher, text = rows(12, 0), rows(12, 1), rows(5, 2)
    found = coherence(student, teacher, text, neighbours=(1, 4), alignments=(2, 5))
    mse, degrees = mse_and_degrees(student, teacher)
    assert found == {
        "m_rel": m_rel(student, teacher),
        "m_neigh": {"1": m_neigh(student, teacher, 1), "4": m_neigh(student, teacher, 4)},
        "m_vlalign": {"2": m_vlalign(student, teacher, text, 2), "5": m_vlalign(student, teacher, text, 5)},
        "mse": mse,
        "degrees": degrees,
    }
    assert json.loads(json.dumps(found)) == found


def test_what_there_is_too_little_of_is_left_out():
    found = coherence(rows(3, 0), rows(3, 1), rows(1, 2))
    assert found["m_neigh"] == {}
    assert found["m_vlalign"] == {}
    assert {"m_rel", "mse", "degrees"} <= found.keys()
    assert coherence(rows(0, 0), rows(0, 0), rows(2, 2)) == {}
