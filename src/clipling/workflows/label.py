"""Take over the classes of images from another tool's table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.data.foreign_table import labels_of_tables
from clipling.data.tables import write_table
from clipling.workflows.listed import listed


@dataclass(frozen=True)
class LabelsMade:
    """A labels.csv, and what it covers."""

    file: Path
    images: int
    classes: dict[str, int]
    unnamed: int

    def __rich__(self) -> str:
        """What a terminal shows."""
        rest = f"; {self.unnamed} images stand in no row and are left out" if self.unnamed else ""
        return f"{self.file}: {self.images} images of {len(self.classes)} classes{rest}"


def label(
    root: Path | str,
    labels: Sequence[Path | str],
    *,
    file_column: str,
    class_column: str | None = None,
    overwrite: bool = False,
) -> LabelsMade:
    """Write labels.csv of a data set from another tool's tables, such as those of Roboflow or Kaggle.

    Parameters
    ----------
    root
        Folder of images, at any depth.
    labels
        The tables: CSV with a header, or one JSON object a line.
    file_column
        Column that names the image: its path from the table or from `root`, or its name where only one has it.
    class_column
        Column of the class; without it there is a column of zeros and ones for each class.
    overwrite
        Replace the labels.csv of `root`.

    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the images")
    target = root / "labels.csv"
    if target.exists() and not overwrite:
        raise InputError(f"{target}: is there already; --overwrite replaces it")
    tables = [Path(table) for table in listed(labels)]
    classes, unnamed = labels_of_tables(root, tables, file_column, class_column)
    write_table(target, ("file", "class"), sorted(classes.items()))
    return LabelsMade(target, len(classes), dict(sorted(Counter(classes.values()).items())), unnamed)
