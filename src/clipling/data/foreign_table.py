"""Tables of other tools that say what images show: the classes they give, and the command that takes them over.

A row names a file, in some column, and its class, in another; or there is a column of zeros and ones for each class.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from shlex import join

from clipling.contracts.errors import InputError, some, unknown
from clipling.contracts.names import is_visible, nfc
from clipling.data.label_table import columns_of, rows_of
from clipling.data.tree import Tree, look

_ENDINGS = {".csv", ".jsonl"}
_FILE = ("file_name", "filename", "file", "image", "image_name", "image_id", "image_path", "path", "img", "id", "name")
_CLASS = ("label", "class", "class_name", "category", "species", "breed", "target", "labels")
"""Usual columns for the file and the class, in lower case."""
_YES, _NO = {"1", "1.0", "true"}, {"0", "0.0", "false", ""}


def suggestion(root: Path, tree: Tree) -> str:
    """The command that makes labels.csv of the tables that lie under `root`; empty where there are none."""
    tables = [Path(one.path) for one in tree.passed_over if PurePosixPath(one.path).suffix.lower() in _ENDINGS]
    known = {table: columns for table in tables if (columns := columns_of(root / table))}
    told = sorted(known, key=lambda table: (_among(known[table], _FILE) is None, len(table.parts), table))
    if not told:
        return ""
    columns = known[told[0]]
    file, label = _among(columns, _FILE) or "NAME", _among(columns, _CLASS)
    alike = [str(root / table) for table in told if known[table] == columns and table.name == told[0].name]
    words = ["clipling", "label", str(root), *alike, "--file-column", file]
    if label or told[0].name != "_classes.csv":
        words += ["--class-column", label or "NAME"]
    return f"'{told[0]}' has the columns {some(columns, 6)}: `{join(words)}` writes labels.csv from it"


def _among(columns: Sequence[str], usual: Sequence[str]) -> str | None:
    """The column that goes by one of the usual names, the most usual first."""
    lowered = {column.lower(): column for column in reversed(columns)}
    return next((lowered[name] for name in usual if name in lowered), None)


def labels_of_tables(
    root: Path, tables: Sequence[Path], file_column: str, class_column: str | None
) -> tuple[dict[str, str], int]:
    """The class of each file that the tables name, as on disk under `root`, and how many images no row names.

    A file may be named by its path from the table or from `root`, or by its name, with or without the extension, where
    there is one such image. class_column: None where each class has a column of zeros and ones. Raises InputError for
    an absent column, a missing or ambiguous file, and for a file of no class or of two.
    """
    images = look(root).images
    find = _finder(root, images)
    labels = dict[str, str]()
    for table in tables:
        _require_columns(table, file_column, class_column)
        rows = rows_of(table)
        found = [find(row.get(file_column, ""), table) for row in rows]
        if missing := [row.get(file_column, "") for row, file in zip(rows, found, strict=True) if file is None]:
            raise InputError(
                f"{table}: {len(missing)} of its {len(rows)} files are missing under {root}: {some(missing)}; give the "
                "folder that holds them, or another --file-column"
            )
        for number, (row, file) in enumerate(zip(rows, found, strict=True), 2):
            label = nfc(_class_in(row, file_column, class_column, f"{table}: row {number}"))
            if labels.setdefault(str(file), label) != label:
                raise InputError(
                    f"{table}: row {number} calls '{file}' '{label}', another row '{labels[str(file)]}'; expected one "
                    "class an image"
                )
    return labels, len(images) - len(labels)


def _require_columns(table: Path, *columns: str | None) -> None:
    there = columns_of(table)
    if absent := next((column for column in columns if column is not None and column not in there), None):
        rows_of(table)  # names what else is wrong with the file
        raise unknown(f"column of {table}", absent, there)


def _finder(root: Path, images: Sequence[str]) -> Callable[[str, Path], str | None]:
    paths, names = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for image in images:
        path = PurePosixPath(nfc(image))
        for known, whole, short in ((paths, str(path), str(path.with_suffix(""))), (names, path.name, path.stem)):
            known[whole].append(image)
            known[short].append(image)

    def find(named: str, table: Path) -> str | None:
        named = nfc(named)
        beside = table.parent.resolve()
        within = beside.relative_to(root.resolve()) if beside.is_relative_to(root.resolve()) else Path()
        places = (PurePosixPath(nfc(within.as_posix()), named), PurePosixPath(named))
        name = PureWindowsPath(named).name  # of a path with either kind of slash
        same = next((paths[str(path)] for path in places if str(path) in paths), names.get(name, []))
        if len(same) > 1:
            raise InputError(f"{table}: '{named}' is the name of {len(same)} images: {some(same)}; give their paths")
        return same[0] if same else None

    return find


def _class_in(row: Mapping[str, str], file_column: str, class_column: str | None, where: str) -> str:
    if class_column is not None:
        label = row.get(class_column, "")
        if not is_visible(label):
            raise InputError(f"{where} has nothing in column '{class_column}'; fill it in or drop the row")
        return label
    cells = {column: cell.lower() for column, cell in row.items() if column and column != file_column}
    if odd := next((column for column, cell in cells.items() if cell not in _YES | _NO), None):
        raise InputError(
            f"{where} has '{row[odd]}' in column '{odd}', neither 0 nor 1; name the column of the classes with "
            "--class-column"
        )
    chosen = [column for column, cell in cells.items() if cell in _YES]
    if len(chosen) != 1:
        raise InputError(f"{where} names {len(chosen)} classes ({', '.join(chosen)}); expected one an image")
    return chosen[0]
