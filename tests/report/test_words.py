"""The first sentence, and the cautions."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clipling.report.record import RunRecord, read_run
from clipling.report.words import cautions, chance, lead


@pytest.fixture
def record(make_run: Callable[..., Path]) -> RunRecord:
    return replace(read_run(make_run()), accuracy_bundle={"id": 0.6, "ood_zero_shot": 0.412})


def test_lead_speaks_of_unseen_classes(record: RunRecord) -> None:
    assert lead(record).replace("\u00a0", " ") == (
        "On classes it never saw, this student picks the right one of 6 in 41.2 % of images; "
        "chance is 16.7 %, the teacher reaches 79.0 %."
    )


def test_lead_without_unseen_classes(make_run: Callable[..., Path]) -> None:
    said = lead(read_run(make_run(unseen=False)))
    assert "right one of 24 in" in said
    assert "not measured on unseen classes" in said


def test_lead_without_teacher_or_anything(record: RunRecord) -> None:
    assert "teacher" not in lead(replace(record, teacher={}))
    assert lead(replace(record, accuracy_bundle={})).startswith("Nothing was measured")


def test_chance_counts_the_choices(record: RunRecord) -> None:
    assert chance(record, "ood_zero_shot") == chance(record, "ood_few_shot/5") == pytest.approx(1 / 6)
    assert chance(record, "id") == pytest.approx(1 / 18)
    assert chance(record, "joint_unseen") == pytest.approx(1 / 24)
    assert chance(record, "harmonic_mean") is None


def test_a_sound_run_needs_no_caution(record: RunRecord) -> None:
    assert cautions(record) == []


def test_guessing_is_called_so(record: RunRecord) -> None:
    guessing = replace(record, intervals={"ood_zero_shot": (0.1, 0.3)})
    assert "unseen classes the interval reaches down to chance" in cautions(guessing)[0]


def test_images_left_out_are_counted(record: RunRecord) -> None:
    assert "2 images could not be read" in cautions(replace(record, skipped=("a/1.jpg", "a/2.jpg")))[0]


def test_few_epochs_and_wide_gaps_are_named(record: RunRecord) -> None:
    assert "Only 2 epochs" in cautions(replace(record, epochs_averaged=2))[0]
    gap = replace(record, accuracy_bundle={"id": 0.9, "ood_zero_shot": 0.4})
    assert "41 points more than the teacher" in cautions(gap)[0]
