"""What student and teacher said about each evaluated image (`predictions.jsonl`)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipling import files
from clipling.contracts.records import Prediction
from clipling.report import fields


@dataclass(frozen=True)
class ImageAnswers:
    """One evaluated image: its file relative to the data root, its part ('id' or 'ood') and class, the answers.

    The class is empty where images have none.

    Answers are among the classes of the image's own part, the likeliest first; empty when none were recorded.
    """

    file: str
    part: str
    label: str
    student: tuple[Prediction, ...]
    teacher: tuple[Prediction, ...]

    @property
    def student_right(self) -> bool:
        """Whether the student's first answer is the image's class."""
        return bool(self.student) and self.student[0].label == self.label

    @property
    def teacher_right(self) -> bool:
        """Whether the teacher's first answer is the image's class."""
        return bool(self.teacher) and self.teacher[0].label == self.label


@dataclass(frozen=True)
class ClassCount:
    """How many images of a class were evaluated, and the teacher's accuracy on them (None without its answers)."""

    images: int
    teacher: float | None


def read_predictions(path: Path, *, labelled: bool = True) -> list[ImageAnswers]:
    """The rows of `path`; no file means no rows. Raises InputError that names the row and field of another form."""
    if not path.exists():
        return []
    rows = []
    for place, value in enumerate(files.read_jsonl(path), 1):
        row = fields.mapping(path, f"row {place}", value)
        rows.append(
            ImageAnswers(
                file=fields.text(path, f"row {place}: file", row.get("file")),
                part=fields.text(path, f"row {place}: part", row.get("part")),
                label=fields.text(path, f"row {place}: class", row.get("class")) if labelled else "",
                student=_answers(path, f"row {place}: student", row.get("student")),
                teacher=_answers(path, f"row {place}: teacher", row.get("teacher")),
            )
        )
    return rows


def _answers(path: Path, field: str, value: Any) -> tuple[Prediction, ...]:
    answers = []
    for pair in fields.items(path, field, value):
        label, probability = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
        # Rounding in float32 may leave a sure answer a hair above 1.
        probability = min(fields.number(path, field, probability, at_most=1.001), 1.0)
        answers.append(Prediction(fields.text(path, field, label), probability))
    return tuple(answers)


def count_classes(rows: Sequence[ImageAnswers]) -> dict[str, ClassCount]:
    """For every class that occurs: its evaluated images and the share that the teacher named right."""
    images = Counter(row.label for row in rows)
    answered = Counter(row.label for row in rows if row.teacher)
    right = Counter(row.label for row in rows if row.teacher_right)
    return {
        label: ClassCount(count, right[label] / answered[label] if answered[label] else None)
        for label, count in images.items()
    }
