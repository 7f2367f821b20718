"""A data set on disk: which files are images, and of which class.

Two layouts: `ROOT/**/<class>/<image>`, or any folders with a table `ROOT/labels.csv` (`file,class`). What is neither an
image nor a file this project knows beside images is passed over, with the reason.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from clipling.contracts.errors import InputError, some
from clipling.contracts.records import class_of
from clipling.data.decode import readable_extensions
from clipling.data.listed import relative_file, require_files, require_unique
from clipling.data.tables import read_table
from clipling.files import hash_strings

_TABLES = {"labels.csv", "classes.csv", "descriptions.jsonl", "captions.jsonl"}
_SPLIT = {"split.json", "train.txt", "id.txt", "ood.txt", "train_data", "val_on_train_data", "val_data"}
_BESIDE = _TABLES | _SPLIT | {"readme", "license", "thumbs.db", "desktop.ini"}
_BESIDE_ENDINGS = ("_data.txt", "-train.txt", "-val_on_train.txt", "-val.txt", ".md", "readme.txt", "license.txt")


@dataclass(frozen=True)
class ImageFolder:
    """What lies in a data folder.

    `files` are sorted POSIX paths relative to `root`, `labels` gives the class of each, `passed_over` the other files
    with the reason why they are not used.
    """

    root: Path
    files: tuple[str, ...]
    labels: dict[str, str]
    passed_over: tuple[tuple[str, str], ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, sorted."""
        return tuple(sorted(set(self.labels.values())))

    @cached_property
    def hash(self) -> str:
        """Identifies the file list with its labels, not the pixels."""
        return dataset_hash(self.files, self.labels)


def dataset_hash(files: Iterable[str], labels: Mapping[str, str]) -> str:
    """SHA-256 of file names and their labels, in hexadecimal; the order of the files does not count."""
    return hash_strings(f"{file}\t{labels[file]}" for file in sorted(files))


def scan(root: Path, *, allow_same_name: bool = False) -> ImageFolder:
    """Find the images under `root` and their classes.

    `allow_same_name` lets folders of one name at different places be one class, as when a split list says which files
    are meant. Raises InputError when `root` is absent, holds no image or only one class, or its labels are unclear.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the images")
    images, passed_over = _sorted_out(root)
    labels = read_labels(root)
    if labels is None:
        passed_over += [(file, "lies in no class folder") for file in images if "/" not in file]
        labels = {file: class_of(file) for file in images if "/" in file}
        if not allow_same_name:
            _refuse_same_name(root, labels)
    else:
        passed_over += [(file, "not in labels.csv") for file in images if file not in labels]
    _require_classes(root, labels, passed_over)
    return ImageFolder(root, tuple(sorted(labels)), labels, tuple(sorted(passed_over)))


def read_labels(root: Path) -> dict[str, str] | None:
    """The class of every file of `labels.csv`, or None without such a table. Raises InputError when it is wrong."""
    path = root / "labels.csv"
    if not path.exists():
        return None
    rows = read_table(path, ("file", "class"))
    files = [relative_file(row["file"], str(path)) for row in rows]
    require_unique(files, str(path), "files")
    require_files(root, files, str(path))
    if wrong := next((file for file in files if _unlistable(file)), None):
        raise InputError(f"{path}: file {wrong!r}: {_unlistable(wrong)}; rename it")
    return {file: row["class"] for file, row in zip(files, rows, strict=True)}


def _sorted_out(root: Path) -> tuple[list[str], list[tuple[str, str]]]:
    images, passed_over = [], []
    for file, reason in _walk(root):
        if reason is None:
            reason = _unlistable(file) or _no_image(file)
        if reason is None:
            images.append(file)
        elif reason:
            passed_over.append((file.encode("utf-8", "replace").decode(), reason))
    return images, passed_over


def _walk(root: Path) -> Iterator[tuple[str, str | None]]:
    """Every visible file as (relative path, reason to pass over). Links come last, no folder is read twice."""
    folders, links = [""], deque[str]()
    met = {str(parent) for parent in Path(os.path.realpath(root)).parents}
    while folders or links:
        here = folders.pop() if folders else links.popleft()
        real = os.path.realpath(root / here)
        if real in met:
            yield here, "leads to a folder that is read already, or to one above"
            continue
        met.add(real)
        try:
            entries = sorted(os.scandir(real), key=lambda entry: entry.name)
        except OSError as error:
            yield here, (error.strerror or "cannot be opened").lower()
            continue
        if not entries and here:
            yield here, "an empty folder"
        for entry in entries:
            path = f"{here}/{entry.name}" if here else entry.name
            if entry.name.startswith((".", "__MACOSX")):
                continue
            target = Path(entry.path) if entry.is_symlink() else entry  # an entry raises on a link to itself
            if target.is_dir():
                (links if entry.is_symlink() else folders).append(path)
            else:
                yield path, None if target.is_file() else "neither a file nor a folder"


def _no_image(file: str) -> str | None:
    """None for an image, "" for a file that belongs beside images, else the reason to pass it over."""
    path = PurePosixPath(file.lower())
    if path.suffix in readable_extensions():
        return None
    if path.name in _BESIDE or path.name.endswith(_BESIDE_ENDINGS):
        return ""
    return f"'{path.suffix}' is no image format that is read" if path.suffix else "no file extension"


def _unlistable(file: str) -> str | None:
    if file != file.strip() or len(file.splitlines()) != 1:
        return "line breaks or outer spaces in its name, which a list cannot hold"
    try:
        file.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    return None


def _refuse_same_name(root: Path, labels: Mapping[str, str]) -> None:
    places: dict[str, str] = {}
    for file, label in sorted(labels.items()):
        place = str(PurePosixPath(file).parent)
        if places.setdefault(label, place) != place:
            raise InputError(
                f"{root}: two folders are named like the class '{label}': '{places[label]}' and '{place}'; rename one, "
                "give the folder that holds only one of them, or give a split (--split) whose lists say which are meant"
            )


def _require_classes(root: Path, labels: Mapping[str, str], passed_over: list[tuple[str, str]]) -> None:
    expected = "expected ROOT/<class>/<image>, or labels.csv with file,class"
    if not labels:
        examples = some([f"{file} ({reason})" for file, reason in passed_over])
        raise InputError(
            f"{root}: no images of any class; {expected}" + (f"; passed over {examples}" if examples else "")
        )
    if len(set(labels.values())) == 1:
        raise InputError(
            f"{root}: only one class, '{next(iter(labels.values()))}'; {expected}, with two classes or more"
        )
