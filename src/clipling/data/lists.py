"""The lists of a split on disk: ours, or those that the paper's authors published, found and read as the same thing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clipling.contracts.errors import InputError, some, unknown
from clipling.contracts.names import nfc
from clipling.data.listed import relative_file, require_unique
from clipling.files import hash_strings, read_json, read_lines

_STYLES = (
    ("train.txt", "id.txt", "ood.txt"),
    ("train_data", "val_on_train_data", "val_data"),
    ("train_data.txt", "val_on_train_data.txt", "val_data.txt"),
)
_TRIPLE = ("-train.txt", "-val_on_train.txt", "-val.txt")
_EXPECTED = (
    "expected train.txt, id.txt and ood.txt, or the published train_data, val_on_train_data and val_data, "
    "or NAME-train.txt, NAME-val_on_train.txt and NAME-val.txt"
)


class Lists(NamedTuple):
    """Where the three lists of a split lie."""

    train: Path
    id: Path
    ood: Path


def find_lists(path: Path) -> Lists:
    """The lists in the folder `path`, or of one NAME in a folder of several. Raises InputError saying what is there."""
    if not path.is_dir():
        return _named_triple(path.parent, path.name)
    for style in _STYLES:
        lists = Lists(*(path / name for name in style))
        if lists.train.exists():
            return _complete(lists)
    names = _triples(path)
    if len(names) > 1:
        raise InputError(f"{path}: holds the lists of {some(names, 10)}; give one of them, as {path / names[0]}")
    if not names:
        raise InputError(f"{path}: no split lists here; {_EXPECTED}")
    return _named_triple(path, names[0])


def published_lists(folder: Path) -> list[Path]:
    """The training lists in `folder` of splits that were published, which lists of one's own would hide."""
    named = [folder / train for train, *_ in _STYLES[1:]]
    return [*(path for path in named if path.exists()), *sorted(folder.glob(f"*{_TRIPLE[0]}"))]


def _triples(folder: Path) -> list[str]:
    return sorted(file.name.removesuffix(_TRIPLE[0]) for file in folder.glob(f"*{_TRIPLE[0]}"))


def _named_triple(folder: Path, name: str) -> Lists:
    names = _triples(folder) if folder.is_dir() else []
    if not names:
        raise InputError(f"{folder / name}: no such split; {_EXPECTED}")
    if name not in names:
        raise unknown(f"split in {folder}", name, names)
    return _complete(Lists(*(folder / f"{name}{ending}" for ending in _TRIPLE)))


def _complete(lists: Lists) -> Lists:
    for source in lists:
        if not source.exists():
            raise InputError(
                f"{source}: missing beside {lists.train.name}; leave the file empty if there are no such images"
            )
    return lists


def read_list(source: Path) -> list[str]:
    """The files of one list, in its order and in their one spelling. Raises InputError for one listed twice."""
    files = [relative_file(line, str(source)) for line in read_lines(source)]
    require_unique(files, str(source), "files")
    return files


def require_disjoint(lists: Lists, listed: Sequence[list[str]]) -> None:
    """Raise InputError when a file stands in two lists."""
    for first, second in ((0, 1), (0, 2), (1, 2)):
        both = sorted(set(listed[first]) & set(listed[second]))
        if both:
            where = f"{lists[first].name} and {lists[second].name}"
            raise InputError(
                f"{lists[first].parent}: {len(both)} files stand in both {where}: {some(both)}; keep each in one"
            )


def require_as_written(lists: Lists, listed: Sequence[list[str]], about: dict[str, Any]) -> None:
    """Raise InputError for a list that is not the one whose hash `split.json` has, where it has one."""
    hashes = about.get("list_hashes") or {}
    for part, source, files in zip(Lists._fields, lists, listed, strict=True):
        if part in hashes and hashes[part] != hash_strings(files):
            raise InputError(
                f"{source}: not the list that was written, but edited since, or damaged; restore it, make the split "
                "anew with `clipling split`, or, if the change is meant, remove list_hashes from split.json beside it"
            )


def read_about(path: Path) -> dict[str, Any]:
    """What `split.json` says, with its types checked; empty where there is no such file."""
    if not path.exists():
        return {}
    about = read_json(path)
    if not isinstance(about, dict):
        raise InputError(f"{path}: expected an object with seen_classes and unseen_classes")
    for key in ("seen_classes", "unseen_classes"):
        names = about.get(key)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputError(f"{path}: '{key}' is {names!r}; expected a list of class names")
        names = about[key] = [nfc(name) for name in names]
        require_unique(names, f"{path}: {key}", "classes")
    kinds = {"seed": int, "dataset_hash": str, "list_hashes": dict, "shots": int, "unlabelled": bool}
    for key, kind in kinds.items():
        if not isinstance(about.get(key), kind | None):
            raise InputError(f"{path}: '{key}' is {about[key]!r}; expected {kind.__name__} or nothing")
    return about
