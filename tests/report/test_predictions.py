"""Answers read back and counted by class."""

from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import write_jsonl
from clipling.report.predictions import ClassCount, count_classes, read_predictions


def row(label: str, student: str, teacher: str | None) -> dict[str, object]:
    taught = [[teacher, 0.9], ["z", 0.05]] if teacher else None
    return {"file": f"{label}/1.jpg", "part": "ood", "class": label, "student": [[student, 0.7]], "teacher": taught}


def test_right_and_wrong(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    write_jsonl(path, [row("a", "a", "b"), row("b", "a", "b"), row("b", "b", None)])
    rows = read_predictions(path)
    assert [(r.student_right, r.teacher_right) for r in rows] == [(True, False), (False, True), (True, False)]
    assert rows[0].teacher[0].probability == 0.9
    assert count_classes(rows) == {"a": ClassCount(1, 0.0), "b": ClassCount(2, 1.0)}


def test_no_teacher_is_not_a_wrong_teacher(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    write_jsonl(path, [row("a", "a", None)])
    assert count_classes(read_predictions(path)) == {"a": ClassCount(1, None)}


def test_no_file_no_rows(tmp_path: Path) -> None:
    assert read_predictions(tmp_path / "predictions.jsonl") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"file": 3}, "row 1: file"),
        ({"class": None}, "row 1: class"),
        ({"student": [["a"]]}, "row 1: student"),
        ({"student": [["a", 1.5]]}, "expected a number between 0 and"),
        ({"teacher": "a"}, "row 1: teacher.*expected a list"),
    ],
)
def test_damaged_rows_are_named(tmp_path: Path, change: dict, message: str) -> None:
    path = tmp_path / "predictions.jsonl"
    write_jsonl(path, [row("a", "a", "a") | change])
    with pytest.raises(InputError, match=message):
        read_predictions(path)
