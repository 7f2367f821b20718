"""Tables that give the class of files: `labels.csv`, or the metadata of a Hugging Face imagefolder."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clipling.contracts.errors import InputError
from clipling.contracts.names import is_visible, nfc
from clipling.data.listed import files_on_disk, relative_file, unlistable
from clipling.data.tables import read_table
from clipling.files import read_jsonl

METADATA = ("metadata.jsonl", "metadata.csv")
_LABEL = ("label", "class")
"""Columns of the metadata that give a class, the first that is there."""


class LabelTable(NamedTuple):
    """The class of each file, in NFC, and the tables that say so, as paths relative to the data folder."""

    labels: dict[str, str]
    sources: tuple[str, ...]


def read_labels(root: Path) -> LabelTable | None:
    """The classes of `labels.csv`, else of the metadata, else None. Raises InputError for a table that is wrong."""
    path = root / "labels.csv"
    if not path.exists():
        return _read_metadata(root)
    rows = read_table(path, ("file", "class"))
    return LabelTable(_labels(root, path, [(row["file"], row["class"]) for row in rows]), (path.name,))


def _read_metadata(root: Path) -> LabelTable | None:
    """Metadata lie in `root`, or in its folders train, test and so on; they name files from where they lie.

    Those without a column of classes hold captions, boxes and the like.
    """
    labels, sources = dict[str, str](), list[str]()
    for path in _metadata(root):
        columns = columns_of(path)
        column = next((name for name in _LABEL if name in columns), None)
        if column is None or "file_name" not in columns:
            continue
        place, rows = path.parent.relative_to(root), [row for row in rows_of(path) if is_visible(row.get(column, ""))]
        labels |= _labels(root, path, [(str(place / row.get("file_name", "")), row[column]) for row in rows])
        sources.append(path.relative_to(root).as_posix())
    return LabelTable(labels, tuple(sources)) if labels else None


def _labels(root: Path, table: Path, rows: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The class of each file as it is on disk, from the file and the class that each row names."""
    files = files_on_disk(root, [relative_file(file, str(table)) for file, _ in rows], str(table))
    if wrong := next((file for file in files if unlistable(file)), None):
        raise InputError(f"{table}: file {wrong!r}: {unlistable(wrong)}; rename it")
    return {file: nfc(label) for file, (_, label) in zip(files, rows, strict=True)}


def _metadata(root: Path) -> Iterator[Path]:
    found = [path for name in METADATA for path in (*root.glob(name), *root.glob(f"[!.]*/{name}"))]
    yield from sorted(path for path in found if path.is_file())


def columns_of(path: Path) -> list[str]:
    """The columns of a CSV file, or the keys of the first object of JSON lines; none where it is neither."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            first = stream.readline()
        if path.suffix.lower() == ".jsonl":
            row = json.loads(first)
            return list(row) if isinstance(row, dict) else []
        return [cell.strip() for cell in next(csv.reader([first]), [])]
    except (OSError, ValueError, RecursionError, csv.Error):
        return []


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, or of one with a JSON object a line, their values as text; what is null is left out."""
    if path.suffix.lower() != ".jsonl":
        return read_table(path, ())
    rows: list[Any] = read_jsonl(path)
    if wrong := next((row for row in rows if not isinstance(row, dict)), None):
        raise InputError(f'{path}: {wrong!r} is no object; expected one a line, such as {{"file_name": ...}}')
    return [{key: _as_text(value) for key, value in row.items() if value is not None} for row in rows]


def _as_text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
