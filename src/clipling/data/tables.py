"""CSV tables with named columns, read into plain rows, with errors that give the line; and written."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.contracts.names import is_visible
from clipling.data.listed import require_unique
from clipling.files import read_text, write_text


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file as dicts from column to stripped text; blank lines are dropped.

    `columns` must all be in the header and filled, with something to see, in every row; other columns come along as
    they are. Raises InputError naming the file, the line and the column; so for a cell beyond the header, as an
    unquoted comma makes one, and for a column that is there twice.
    """
    header, *lines = _lines(path) or [[]]
    while header and not header[-1]:
        header.pop()
    absent = [column for column in columns if column not in header]
    if absent:
        raise InputError(
            f"{path}: its first line has no column '{absent[0]}'; expected a header with {', '.join(columns)}, "
            f"separated by commas, found: {', '.join(header) or 'nothing'}"
        )
    require_unique(filter(None, header), str(path), "columns")
    rows = []
    for number, cells in enumerate(lines, 2):
        if not any(cells):
            continue
        if beyond := [cell for cell in cells[len(header) :] if cell]:
            raise InputError(
                f"{path}: row {number} has {len(cells)} cells under {len(header)} columns ({', '.join(header)}), the "
                f"last of them '{beyond[-1]}'; put a text that holds a comma in double quotes: {','.join(cells)}"
            )
        row = dict(zip(header, cells, strict=False))
        for column in columns:
            if not is_visible(row.get(column, "")):
                raise InputError(f"{path}: row {number} has nothing in column '{column}'; fill it in or drop the row")
        rows.append(row)
    return rows


def _lines(path: Path) -> list[list[str]]:
    try:
        return [[cell.strip() for cell in line] for line in csv.reader(StringIO(read_text(path), newline=""))]
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV table ({error})") from None


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file with these columns, atomically."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    write_text(path, text.getvalue())
