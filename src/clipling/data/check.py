"""Look at a data set before time is spent on it: what would spoil a training run, and what is worth knowing.

A finding *spoils* when a run would fail or its figures would not mean what they say; a *note* costs little or nothing.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from clipling.contracts.errors import InputError
from clipling.contracts.figures import few_choices
from clipling.contracts.records import Split
from clipling.data.check_texts import TextReader, check_texts
from clipling.data.decode import UnreadableImage, decode_image, is_dark
from clipling.data.finding import CheckReport, Finding, finding
from clipling.data.folder import ImageFolder, scan, scan_unlabelled
from clipling.data.split import make_split
from clipling.data.unlabelled import unlabelled_split
from clipling.files import hash_file

FEW = 10
"""Images of a class below which it is called small."""


class _Look(NamedTuple):
    """What one image file turned out to be: why it cannot be read, or the hash of its bytes and whether it is dark."""

    unreadable: str | None
    digest: str
    dark: bool = False


def check_dataset(
    root: Path,
    split: Split | None,
    *,
    reader: TextReader | None = None,
    unlabelled: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """Read every image (of the split, or else of the folder) and every text beside them, and say what is wrong.

    split: without it, identical images are judged by the split that a run without one would make.
    reader: without it the length of texts is not looked at; with it that of every class text as trained.
    unlabelled: leave classes aside. progress: called with the numbers of images done and to be done.
    Nothing is written or printed. Raises InputError where `root` is no data set at all.
    """
    folder = (
        scan_unlabelled(root, allow_unlisted=True)
        if unlabelled
        else scan(root, listed=split is not None, allow_unlisted=True)
    )
    files, labels = (folder.files, folder.labels) if split is None else (split.files, split.labels)
    classes = folder.classes if split is None else split.classes
    looks = dict(zip(files, _look_at_all(root, files, progress), strict=True))
    drawn, undrawn = _drawn(folder) if split is None else (split, [])
    rows = [
        *_unreadable(looks),
        *_unlisted(folder, split),
        *undrawn,
        *_identical(looks, labels, drawn, given=split is not None),
        *(_without_classes(files) if unlabelled else _small(files, labels, split)),
        *_no_choice(drawn),
        *check_texts(root, classes, files if split is None else split.train, reader),
        *_dark(looks),
        *_folders(folder),
    ]
    return CheckReport(len(files), len(classes), tuple(sorted(rows, key=lambda row: row.severity != "spoils")))


def find_unreadable(
    root: Path, files: Sequence[str], progress: Callable[[int, int], None] | None = None
) -> list[Finding]:
    """The finding that some of the images cannot be decoded, or nothing."""
    return _unreadable(dict(zip(files, _look_at_all(root, files, progress), strict=True)))


def _look_at_all(root: Path, files: Sequence[str], progress: Callable[[int, int], None] | None) -> Iterator[_Look]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, look in enumerate(pool.map(_look, (root / file for file in files)), 1):
            if progress is not None:
                progress(done, len(files))
            yield look


def _look(path: Path) -> _Look:
    try:
        image = decode_image(path)
        return _Look(None, hash_file(path), is_dark(path, image))
    except UnreadableImage as error:
        return _Look(error.reason, "")


def _unreadable(looks: Mapping[str, _Look]) -> list[Finding]:
    broken = [f"{file} ({look.unreadable})" for file, look in looks.items() if look.unreadable]
    return finding("spoils", "images that cannot be read; replace or remove them", broken)


def _unlisted(folder: ImageFolder, split: Split | None) -> list[Finding]:
    """Whose images are missing, but for those that a split names, which are there."""
    lost = [f"{path} ({reason})" for path, reason in folder.unlisted]
    what = "folders that cannot be listed, so that their images are missing"
    return finding("note" if split else "spoils", what, lost)


def _dark(looks: Mapping[str, _Look]) -> list[Finding]:
    dark = [file for file, look in looks.items() if look.dark]
    what = "16-bit images whose brightest pixel lies below an eighth of white; scale them, if white is meant to be less"
    return finding("note", what, dark)


def _folders(folder: ImageFolder) -> list[Finding]:
    """Where classes come from, classes inside others, and what is passed over."""
    passed_over = [f"{file} ({reason})" for file, reason in folder.passed_over]
    tables = [table for table in folder.tables if table != "labels.csv"]
    return [
        *finding("note", "tables of another tool that give the classes", tables),
        *finding("note", "classes inside the folder of another class", folder.nested),
        *finding("note", folder.counted, passed_over),
    ]


def _drawn(folder: ImageFolder) -> tuple[Split | None, list[Finding]]:
    """The split of a run that is given none, or the finding that there can be none."""
    try:
        return make_split(folder) if folder.labels else unlabelled_split(folder), []
    except InputError as error:
        return None, finding("spoils", "classes that distill cannot split by itself; give a --split", [str(error)])


def _identical(
    looks: Mapping[str, _Look], labels: Mapping[str, str], split: Split | None, *, given: bool
) -> list[Finding]:
    """Byte-identical images: across train and evaluation, under two classes, or just twice."""
    copies = defaultdict[str, list[str]](list)
    for file, look in looks.items():
        if not look.unreadable:
            copies[look.digest].append(file)
    train = set(looks if split is None else split.train)
    leaked, contradictory, twice = list[str](), list[str](), list[str]()
    for same in copies.values():
        if len(same) > 1:
            across = len({file in train for file in same}) > 1
            kind = leaked if across else contradictory if len({labels.get(file) for file in same}) > 1 else twice
            kind.append(" = ".join(same))
    own = "" if given else " (in the split that distill makes by itself, seed 0)"
    parted = "" if given else ", which another split may put on both sides"
    return [
        *finding("spoils", f"images that are both in train and in evaluation, byte for byte{own}", leaked),
        *finding("note", "identical images under different classes", contradictory),
        *finding("note", f"identical images in one class{parted}", twice),
    ]


def _without_classes(files: Sequence[str]) -> list[Finding]:
    what = (
        "images without classes: distill trains on them by im_cst and mse, with --names FILE by cls and vl_prox too, "
        "and measures how far the student agrees with its teacher"
    )
    return finding("note", what, files)


def _no_choice(split: Split | None) -> list[Finding]:
    """Classes that are alone on their side, so that their accuracy would be 100 % whatever the student does."""
    sides = () if split is None else ((split.seen_classes, "seen"), (split.unseen_classes, "unseen"))
    alone = [f"{classes[0]}: {few_choices(1, which)}" for classes, which in sides if len(classes) == 1]
    return finding("spoils", "nothing to choose from; add classes, or divide them otherwise by `clipling split`", alone)


def _small(files: Sequence[str], labels: Mapping[str, str], split: Split | None) -> list[Finding]:
    if split is None:
        sizes = Counter(labels[file] for file in files)
        lonely = [label for label, size in sorted(sizes.items()) if size == 1]
        return [
            *finding("spoils", "classes with a single image, which cannot be held out and trained on", lonely),
            *finding("note", f"classes with fewer than {FEW} images", _below(sizes, FEW, least=2)),
        ]
    train = Counter(labels[file] for file in split.train)
    held, new = (Counter(labels[file] for file in part) for part in (split.id, split.ood))
    untested = [label for label in split.seen_classes if label not in held] if split.id else []
    return [
        *finding("note", f"seen classes with fewer than {FEW} training images", _below(train, FEW)),
        *finding("note", "seen classes without an image in id, so that their accuracy is not measured", untested),
        *finding("note", f"unseen classes with fewer than {FEW} images", _below(new, FEW)),
    ]


def _below(sizes: Mapping[str, int], limit: int, least: int = 0) -> list[str]:
    return [f"{label} ({size})" for label, size in sorted(sizes.items()) if least <= size < limit]
