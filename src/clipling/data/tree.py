"""Every file under a folder: which are images, which are passed over and why, which folders cannot be listed.

One walk for all who look for images: links are followed, hidden files and the folders of operating systems and storage
boxes are not.
"""

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeAlias

from clipling.data.decode import readable_extensions

_TABLES = {"labels.csv", "classes.csv", "descriptions.jsonl", "captions.jsonl"}
_SPLIT = {"split.json", "train.txt", "id.txt", "ood.txt", "train_data", "val_on_train_data", "val_data"}
_BESIDE = _TABLES | _SPLIT | {"readme", "license", "thumbs.db", "desktop.ini"}
_BESIDE_ENDINGS = ("_data.txt", "-train.txt", "-val_on_train.txt", "-val.txt", ".md", "readme.txt", "license.txt")
_SYSTEM = {
    *("@eadir", "@tmp", "@sharebin", "@recycle", "@recently-snapshot", "@transcode", "#recycle", "#snapshot"),
    *("$recycle.bin", "system volume information", "msdownld.tmp", "found.000"),
    *("lost+found", "~snapshot", "network trash folder", "temporary items", "__macosx", "__pycache__"),
}
"""Folders that storage boxes, Windows, Linux and macOS make by themselves, in lower case."""
_NO_IMAGE = "is no image format that is read"


class Image(NamedTuple):
    """An image, by its extension."""

    path: str


class PassedOver(NamedTuple):
    """What is not used, and why."""

    path: str
    reason: str

    @property
    def group(self) -> str:
        """What it is counted under: its extension where that is why, else the reason."""
        return PurePosixPath(self.path).suffix.lower() if self.reason.endswith(_NO_IMAGE) else self.reason


class Unlisted(NamedTuple):
    """A folder whose content the system does not tell, and why."""

    path: str
    reason: str


Found: TypeAlias = Image | PassedOver | Unlisted


class Tree(NamedTuple):
    """What lies under a folder; paths are POSIX, relative to it, as they are on disk."""

    images: list[str]
    passed_over: list[PassedOver]
    unlisted: list[Unlisted]


def look(root: Path) -> Tree:
    """Everything under `root` by its kind, in the order of `walk`."""
    tree = Tree([], [], [])
    for found in walk(root):
        match found:
            case Image(path):
                tree.images.append(path)
            case PassedOver():
                tree.passed_over.append(found)
            case Unlisted():
                tree.unlisted.append(found)
    return tree


def counted(groups: Iterable[str]) -> str:
    """One line: how many files were passed over, by the `group` of each; empty where there are none."""
    numbers = Counter(groups)
    listing = ", ".join(f"{group} ({number})" for group, number in numbers.most_common())
    return f"passed over {numbers.total()}: {listing}" if numbers else ""


def walk(root: Path | str) -> Iterator[Found]:
    """All that is visible under `root`, a folder's own files before those of the folders in it, by name.

    Folders that are links come after all others, so that no folder is read twice, and none above `root` at all. Files
    that belong beside images are left out.
    """
    folders, links = [""], deque[str]()
    met = {str(parent) for parent in Path(os.path.realpath(root)).parents}
    while folders or links:
        here = folders.pop() if folders else links.popleft()
        real = os.path.realpath(os.path.join(root, here))  # noqa: PTH118  a path as it was given
        if real in met:
            yield PassedOver(here, "leads to a folder that is read already, or to one above")
            continue
        met.add(real)
        try:
            entries = sorted(os.scandir(real), key=lambda entry: entry.name)
        except OSError as error:
            yield Unlisted(here or ".", (error.strerror or "cannot be opened").lower())
            continue
        if not entries and here:
            yield PassedOver(here, "an empty folder")
        inside = list[str]()
        for entry in entries:
            path = f"{here}/{entry.name}" if here else entry.name
            if entry.name.startswith("."):
                continue
            if not _is_folder(entry):
                if found := _judged(path, entry.path):
                    yield found
            elif entry.name.lower() in _SYSTEM:
                yield PassedOver(path, "a folder of the system")
            else:
                (links if entry.is_symlink() else inside).append(path)
        folders += reversed(inside)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # such as a link to itself
        return False


def _judged(path: str, place: str) -> Found | None:
    """What a file is; None where it belongs beside images."""
    if not os.path.isfile(place):  # noqa: PTH113  unlike that of pathlib, it never raises
        broken = os.path.islink(place)  # noqa: PTH114  as above
        return PassedOver(path, "a link that leads nowhere" if broken else "neither a file nor a folder")
    name = PurePosixPath(path.lower())
    if name.suffix in readable_extensions():
        return Image(path)
    if name.name in _BESIDE or name.name.endswith(_BESIDE_ENDINGS):
        return None
    return PassedOver(path, f"'{name.suffix}' {_NO_IMAGE}" if name.suffix else "no file extension")
