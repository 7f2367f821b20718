import math

import pytest
import torch

from clipling.applications.pickclutter.measures import answers_measured, by_object, over_epochs, without_looking


def naive(said: list[list[bool]], present: list[list[bool]]) -> dict[str, float]:
    right = total = both = answered = there = 0
    f1 = []
    for yes, true in zip(said, present, strict=True):
        p = {column for column, one in enumerate(yes) if one}
        t = {column for column, one in enumerate(true) if one}
        total += len(yes)
        right += sum(a == b for a, b in zip(yes, true, strict=True))
        both, answered, there = both + len(p & t), answered + len(p), there + len(t)
        if t:
            f1.append(2 * len(p & t) / (len(p) + len(t)))
    return {
        "accuracy": right / total,
        "f1": math.fsum(f1) / len(f1),
        "recall": both / there,
        "precision": both / answered,
    }


@pytest.mark.parametrize("seed", range(5))
def test_they_equal_a_naive_loop(seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    said, present = (torch.rand(9, 5, generator=draw) < share for share in (0.4, 0.25))
    assert not present.any(1).all(), "some observation must have none of the objects"
    assert answers_measured(said, present) == pytest.approx(naive(said.tolist(), present.tolist()), abs=1e-6)


def test_a_worked_number() -> None:
    said = torch.tensor([[True, True, False], [False, False, False], [True, False, False]])
    present = torch.tensor([[True, False, True], [False, False, False], [True, False, False]])
    measured = answers_measured(said, present)
    # 7 of 9 answers right; F1 of 1/2 and 1, the second observation has none of the objects
    assert measured == pytest.approx({"accuracy": 7 / 9, "f1": 0.75, "precision": 2 / 3, "recall": 2 / 3})


def test_what_cannot_be_measured_is_absent() -> None:
    nothing = torch.zeros(2, 3, dtype=torch.bool)
    assert answers_measured(nothing, nothing) == {"accuracy": 1.0}
    assert answers_measured(nothing, ~nothing).keys() == {"accuracy", "f1", "recall"}


def test_epochs_are_averaged_where_they_have_the_measure() -> None:
    assert over_epochs([{"a": 1.0, "b": 3.0}, {"a": 2.0}]) == {"a": 1.5, "b": 3.0}


def test_what_not_looking_reaches() -> None:
    present = torch.tensor([[True, False, False], [False, False, False]])
    assert without_looking(present) == pytest.approx({"accuracy": 5 / 6, "f1": 2 / 4})
    assert without_looking(~present[1:] & False) == {"accuracy": 1.0}


def test_each_object_has_its_own_figures() -> None:
    said = torch.tensor([[True, True, False], [True, False, False]])
    present = torch.tensor([[True, False, False], [True, True, False]])
    assert by_object(said, present, ("a", "b", "c")) == {
        "a": {"scenes": 2, "accuracy": 1.0, "recall": 1.0, "precision": 1.0},
        "b": {"scenes": 1, "accuracy": 0.0, "recall": 0.0, "precision": 0.0},
        "c": {"scenes": 0, "accuracy": 1.0},
    }
