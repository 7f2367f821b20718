"""What is said about classes and images: names, descriptions, captions, from the files beside the images."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from clipling.contracts.errors import InputError, some
from clipling.contracts.names import nfc
from clipling.data.listed import relative_file, require_unique
from clipling.data.tables import read_table
from clipling.files import read_jsonl


def read_class_names(root: Path, classes: Sequence[str]) -> dict[str, str]:
    """A name fit for a sentence for every class, in the order of `classes`.

    From `classes.csv` (`class,name[,synonyms]`) where `root` has one; else the class itself, its underscores as spaces.
    Classes and names are in NFC.
    Raises InputError for a class without a row, with two rows, and for two classes of one name.
    """
    path = root / "classes.csv"
    if path.exists():
        rows = read_table(path, ("class", "name"))
        require_unique((nfc(row["class"]) for row in rows), str(path), "classes")
        table = {nfc(row["class"]): nfc(" ".join(row["name"].split())) for row in rows}
        _require_all(table, classes, f"{path}: no row", "classes", "add a row class,name for each")
    else:
        table = {label: " ".join(label.replace("_", " ").split()) for label in classes}
    names = {label: table[label] for label in classes}
    _require_distinct(names, path)
    return names


def read_descriptions(root: Path, classes: Sequence[str], *, file: Path | None = None) -> dict[str, str]:
    """The sentence of `descriptions.jsonl` (`class,text,...` a line) for every class, in the order of `classes`.

    `file` is read in place of the one in `root`.
    Raises InputError when the file is absent, malformed, or has no text, or two, for a class.
    """
    path = file or root / "descriptions.jsonl"
    rows = read_description_rows(path)
    _require_all(rows, classes, f"{path}: no description", "classes", "add a line with class and text for each")
    return {label: rows[label]["text"] for label in classes}


def read_description_rows(path: Path) -> dict[str, dict[str, Any]]:
    """Every row of a file of descriptions, by its class; `text` without line breaks. Raises InputError as above."""
    rows = [{**row, "class": nfc(row["class"])} for row in _read_rows(path, "class", "describe")]
    require_unique((row["class"] for row in rows), str(path), "classes")
    return {row["class"]: row for row in rows}


def read_captions(root: Path, files: Sequence[str], *, file: Path | None = None) -> dict[str, str]:
    """The caption of `captions.jsonl` (`file,text,...` a line) for every file, in the order of `files`.

    `file` is read in place of the one in `root`.
    Raises InputError when the file is absent, malformed, or has no caption, or two, for an image.
    """
    path = file or root / "captions.jsonl"
    texts = {nfc(name): row["text"] for name, row in read_caption_rows(path).items()}
    wanted = [nfc(name) for name in files]
    _require_all(texts, wanted, f"{path}: no caption", "images", "add a line with file and text for each")
    return {name: texts[nfc(name)] for name in files}


def read_caption_rows(path: Path) -> dict[str, dict[str, Any]]:
    """Every row of a file of captions, by its image; `text` without line breaks. Raises InputError as above."""
    rows = [{**row, "file": relative_file(row["file"], str(path))} for row in _read_rows(path, "file", "caption")]
    require_unique((row["file"] for row in rows), str(path), "files")
    return {row["file"]: row for row in rows}


def _read_rows(path: Path, key: str, verb: str) -> list[dict[str, Any]]:
    if not path.exists():
        raise InputError(
            f"{path}: no such file; `clipling {verb}` makes it, or write one JSON object with {key} and text a line"
        )
    return [
        row | {key: _text(path, number, row, key, key), "text": _text(path, number, row, "text", key)}
        for number, row in enumerate(read_jsonl(path), 1)
    ]


def _text(path: Path, number: int, row: Any, key: str, about: str) -> str:
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, str) or not value.strip():
        found = "it is no object"
        if isinstance(row, dict):
            found = "it is empty" if isinstance(value, str) else f"found keys {', '.join(row)}"
        raise InputError(
            f'{path}: entry {number} has no text under \'{key}\' ({found}); expected {{"{about}": ..., "text": ...}}'
        )
    return " ".join(value.split())


def _require_all(table: Collection[str], wanted: Sequence[str], problem: str, what: str, mend: str) -> None:
    missing = [name for name in wanted if name not in table]
    if missing and len(missing) == len(wanted):
        raise InputError(
            f"{problem} for any of the {len(wanted)} {what}, such as {some(missing, 1)}: it seems to belong to another "
            f"data set (it has {some(list(table)) or 'nothing'})"
        )
    if missing:
        raise InputError(f"{problem} for {len(missing)} of the {len(wanted)} {what}: {some(missing)}; {mend}")


def _require_distinct(names: dict[str, str], path: Path) -> None:
    met: dict[str, str] = {}
    for label, name in names.items():
        other = met.setdefault(name.casefold(), label)
        if other != label:
            raise InputError(
                f"{path}: classes '{other}' and '{label}' have the same name '{name}', so no text can tell them apart; "
                "give each its own name in classes.csv"
            )
