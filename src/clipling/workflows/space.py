"""How wide the texts of classes lie in a teacher's space: numbers, a table and a picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from clipling.files import write_json
from clipling.report.space import figure4
from clipling.training.config import Device


@dataclass(frozen=True)
class TextSpace:
    """Figures of each set of texts, and the files they were written to."""

    figures: dict[str, dict[str, Any]]
    files: tuple[Path, ...]

    def __rich__(self) -> Table:
        """What a terminal shows."""
        title = "\n".join(str(file) for file in self.files)
        table = Table("texts", "mean cosine", "sum of singular values", title=title, title_justify="left")
        for name, cosine in self.figures["mean_cosine"].items():
            table.add_row(name, f"{cosine:.4f}", f"{self.figures['spectrum'][name]:.2f}")
        return table


def space(
    data: Path | str,
    teacher: str,
    out: Path | str,
    *,
    split: Path | str | None = None,
    descriptions_file: Path | str | None = None,
    hardware: Device = Device(),  # noqa: B008  frozen
) -> TextSpace:
    """Measure how wide the class names, descriptions and captions of a data set lie in a teacher's space.

    Singular values about the mean and the mean cosine of pairs, of plain names, of descriptions (descriptions.jsonl)
    and of the mean caption of each class (captions.jsonl), as far as they are there: Figure 4 and Table 6 of the paper.

    Parameters
    ----------
    data
        Folder of images, one folder per class, or flat with labels.csv.
    teacher
        open_clip model: ARCHITECTURE/TAG, hf-hub:ORG/NAME or local-dir:PATH; ARCHITECTURE alone has random weights.
    out
        Folder of space.json, figure4.svg and figure4.png.
    split
        Folder of a split: only its unseen classes count, and the captions of their images.
    descriptions_file
        Descriptions in place of descriptions.jsonl in `data`.
    hardware
        Where it runs.

    """
    from clipling.workflows.wording.texts import measure_texts  # torch loads here, not for --help

    given = Path(descriptions_file) if descriptions_file else None
    figures = measure_texts(Path(data), teacher, Path(split) if split else None, given, hardware)
    out = Path(out)
    write_json(out / "space.json", {"schema": 1, "teacher": teacher, **figures})
    pictures = figure4(figures["singular_values"], figures["mean_cosine"], out / "figure4")
    return TextSpace(figures, (out / "space.json", *pictures))
