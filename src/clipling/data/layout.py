"""Classes by folder: which folders are meant as classes, and which are something else by mistake."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from clipling.contracts.errors import InputError, some
from clipling.contracts.names import is_visible, nfc
from clipling.contracts.records import class_of

PARTS = {"train", "training", "valid", "validation", "val", "test", "testing"}
"""What the parts of a data set are called, and hardly ever a class."""


def folder_labels(root: Path, files: Iterable[str], *, listed: bool = False) -> dict[str, str]:
    """The class of each file: the folder it lies in, in NFC.

    Raises InputError for names that differ only in how their accents are encoded, or show nothing; for two folders of
    one name and for a part of a data set where a class should be, unless lists say which files are meant (`listed`).
    """
    labels = {file: class_of(file) for file in files}
    folders = Counter(str(PurePosixPath(file).parent) for file in labels)
    _refuse_same_spelling(root, sorted(folders))
    if blank := next((folder for folder in folders if not is_visible(PurePosixPath(folder).name)), None):
        raise InputError(f"{root}: the name of the class folder {blank!a} shows nothing; give it one")
    if not listed:
        _refuse_parts(root, folders)
        _refuse_same_name(root, sorted(folders))
    return labels


def nested_classes(files: Iterable[str]) -> tuple[str, ...]:
    """The class folders that lie inside the folder of another class, sorted."""
    folders = {str(PurePosixPath(file).parent) for file in files}
    return tuple(sorted(folder for folder in folders if folders & {str(up) for up in PurePosixPath(folder).parents}))


def _refuse_same_spelling(root: Path, folders: Sequence[str]) -> None:
    places: dict[str, str] = {}
    for folder in (str(path) for one in folders for path in (PurePosixPath(one), *PurePosixPath(one).parents)):
        if places.setdefault(nfc(folder), folder) != folder:
            raise InputError(
                f"{root}: two folders are named '{nfc(folder)}', their accents encoded in two ways "
                f"({places[nfc(folder)]!a} and {folder!a}); rename one, or merge them"
            )


def _refuse_same_name(root: Path, folders: Sequence[str]) -> None:
    places: dict[str, str] = {}
    for folder in folders:
        label = nfc(PurePosixPath(folder).name)
        if places.setdefault(label, folder) != folder:
            raise InputError(
                f"{root}: two folders are named like the class '{label}': '{places[label]}' and '{folder}'; rename "
                "one, give the folder that holds only one of them, or give a split (--split) whose lists say which "
                "are meant"
            )


def _refuse_parts(root: Path, folders: Counter[str]) -> None:
    """Raise InputError for a `test` that holds images beside folders with classes of their own, or beside none."""
    for folder in sorted(folders):
        around, name = PurePosixPath(folder).parent, PurePosixPath(folder).name
        if name.casefold() not in PARTS:
            continue
        beside = {str(around / path.parts[len(around.parts)]) for path in _below(folders, around)}
        if holders := sorted(beside - folders.keys()):
            raise InputError(
                f"{root}: '{folder}' holds {folders[folder]} images of no class beside '{holders[0]}', whose folders "
                f"are classes; '{name}' is taken for a part of the data set: give {root / holders[0]} alone, sort "
                f"'{folder}' into class folders, or, if it is a class, rename it and name it in classes.csv"
            )
        whole = len(beside) > 1 or len(folders) == 1
        if whole and all(PurePosixPath(one).name.casefold() in PARTS for one in beside):
            raise InputError(
                f"{root}: {some(sorted(beside))} hold images, but no class folders; they are taken for parts of "
                "a data set, not for classes; expected ROOT/<class>/<image>, or labels.csv with file,class"
            )


def _below(folders: Iterable[str], around: PurePosixPath) -> list[PurePosixPath]:
    paths = map(PurePosixPath, folders)
    return [path for path in paths if around in path.parents]
