"""CSV tables with named columns, read into plain rows, with errors that give the line; and written."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.files import read_text, write_text


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file as dicts from column to stripped text; blank lines are dropped.

    `columns` must all be in the header and filled in every row; other columns come along as they are.
    Raises InputError naming the file, the line and the column.
    """
    try:
        lines = list(csv.reader(StringIO(read_text(path), newline="")))
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV table ({error})") from None
    header = [cell.strip() for cell in lines[0]] if lines else []
    absent = [column for column in columns if column not in header]
    if absent:
        raise InputError(
            f"{path}: its first line has no column '{absent[0]}'; expected a header with {', '.join(columns)}, "
            f"separated by commas, found: {', '.join(header) or 'nothing'}"
        )
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        for column in columns:
            if not row.get(column):
                raise InputError(f"{path}: row {number} has nothing in column '{column}'; fill it in or drop the row")
        rows.append(row)
    return rows


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file with these columns, atomically."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    write_text(path, text.getvalue())
