"""What stands behind a table: which trainings fill its rows, and which of their figures stand in a cell.

A table is data: rows x data sets x seeds. Nothing here knows how a training is run or a table is printed.
"""

from dataclasses import dataclass
from typing import Literal

STUDENT = "resnet18"
"""The student of every row that names no other."""
TEACHERS = {"large": "ViT-L-14/openai", "small": "RN50/openai"}
"""The paper's two teachers, by the word that rows use."""


@dataclass(frozen=True)
class Experiment:
    """One training, whatever the data set and the seed."""

    recipe: str = ""
    """Name of the recipe; empty where no student is trained, only the teacher asked."""
    student: str = STUDENT
    teacher: Literal["large", "small"] = "large"
    wording: str = ""
    """Descriptions come from descriptions-WORDING.jsonl in place of descriptions.jsonl."""

    @property
    def label(self) -> str:
        """A short name that no other experiment on the same data has."""
        return "".join(
            (
                self.recipe or "teacher",
                f"@{self.student}" if self.recipe and self.student != STUDENT else "",
                "" if self.teacher == "large" else f"-{self.teacher}",
                f"-{self.wording}" if self.wording else "",
            )
        )


@dataclass(frozen=True)
class Measure:
    """One number of a cell: what measures it, under which key, and what it is multiplied by to be printed."""

    part: str
    """student, coherence, finetune, retrieval, half or other_texts; of a teacher alone teacher, texts or
    teacher_other_texts."""
    key: str
    scale: float = 1.0


@dataclass(frozen=True)
class Row:
    """One row: the experiment behind it and the numbers of one cell, in the order they are printed."""

    name: str
    experiment: Experiment
    measures: tuple[Measure | None, ...]
    """None where the paper prints a dash for everyone."""
    published: str = ""
    """TABLE/ROW of the published tables."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What has to be measured, each once."""
        return tuple(dict.fromkeys(measure.part for measure in self.measures if measure))


@dataclass(frozen=True)
class Table:
    """A table of the paper, or one of ours."""

    title: str
    rows: tuple[Row, ...]
    datasets: tuple[str, ...] = ()
    """The data sets of the paper's own table; any other data set can take their place."""
    columns: tuple[str, ...] = ("",)
    """Headings within a data set; the numbers of a row are dealt out to them evenly."""
    average: bool = False
    digits: int = 1
    note: str = ""
    drawing: str = ""
    """How it is drawn too: steps, spectrum or planes."""
