"""The first sentence, and the cautions."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import read_json, write_json
from clipling.report.agreement import Agreement
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


@pytest.mark.parametrize(
    ("unseen", "said"),
    [(1, "there is one unseen class to choose from, so that every answer is right"), (4, "right in 25% of images")],
)
def test_an_accuracy_among_few_classes_is_warned_of(record: RunRecord, unseen: int, said: str) -> None:
    kept = [item for item in record.classes if item.seen] + list(record.unseen[:unseen])
    found = cautions(replace(record, classes=tuple(kept), intervals={}))
    assert any(said in caution for caution in found)
    assert not any("seen class" in caution for caution in cautions(record))


def test_a_run_of_images_without_classes_is_told_by_agreement(record: RunRecord) -> None:
    figures = {"cosine": 0.5, "degrees": 60.0, "m_rel": 0.25}
    guessed = {"cosine": 0.6, "degrees": 53.1, "m_rel": 0.01}
    alone = replace(record, accuracy={}, accuracy_bundle={}, teacher={}, intervals={})
    told = replace(alone, agreement=Agreement(100, figures, figures, {}, guessed))
    assert lead(told).startswith(
        "Of 100 images it was not trained on, this student puts 25.0\N{NO-BREAK SPACE}% nearest"
    )
    assert any("no nearer to its teacher than one and the same feature" in caution for caution in cautions(told))
    few = replace(
        told, agreement=Agreement(20, guessed | {"same_answer": 0.5}, {}, {}, {**figures, "same_answer": 0.1})
    )
    assert "gives 50.0\N{NO-BREAK SPACE}% the name that its teacher gives them" in lead(few)
    assert cautions(few)[0] == "Only 20 images were held out: shares of them are coarse."


@pytest.mark.parametrize(
    "damage",
    [
        {"agreement": {"images": 3}},
        {"agreement": {"images": 3, "bundle": {"cosine": 0.1, "m_rel": 0.2}, "chance": {"cosine": 0.1}}},
        {"agreement": {"images": "many", "bundle": {"cosine": 0.1, "m_rel": 0.2}}},
        {"agreement": [1]},
        {"pseudo_labels": {"names": 3}},
    ],
)
def test_a_damaged_entry_is_named(make_run: Callable[..., Path], damage: dict[str, object]) -> None:
    run = make_run(unlabelled=True)
    write_json(run / "results.json", read_json(run / "results.json") | damage)
    with pytest.raises(InputError, match=rf"results\.json: '{next(iter(damage))}"):
        read_run(run)
