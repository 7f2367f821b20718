"""Where the data sets of a table lie, and the share of their training images that a budget takes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.contracts.records import Split
from clipling.data.labels import read_caption_rows
from clipling.data.sets.catalogue import data_set, data_sets
from clipling.data.sets.fetch import find_fetched, is_complete, split_of
from clipling.data.split import read_split
from clipling.files import hash_strings
from clipling.recipes.matrix import Table

_USUAL_SPLITS = ("split", "splits/paper", "splits/0")


@dataclass(frozen=True)
class Source:
    """A data set, and the split a table is measured on."""

    name: str
    root: Path
    split: Split

    @cached_property
    def hash(self) -> str:
        """The hash of the images in each part of the split, in their order."""
        return hash_strings([*self.split.train, "", *self.split.id, "", *self.split.ood])

    @property
    def captions_file(self) -> Path:
        """Where its captions lie, if it has any."""
        return self.root / "captions.jsonl"

    @cached_property
    def captions(self) -> dict[str, str]:
        """The captions there are, by image."""
        path = self.captions_file
        return {file: row["text"] for file, row in read_caption_rows(path).items()} if path.exists() else {}

    def described_in(self, wording: str) -> Path:
        """Where its descriptions in that wording lie."""
        return self.root / (f"descriptions-{wording}.jsonl" if wording else "descriptions.jsonl")


def find_sources(
    table: Table, data: Sequence[Path], split: Path | None, images_per_class: int | None
) -> tuple[list[Source], list[str]]:
    """The data sets for a table among these folders, and what is said of those of the paper that are not there.

    A folder of data sets, as `clipling data fetch` makes it, gives those that the table is about; any other folder is a
    data set itself. Raises InputError when none is there.
    """
    places: list[tuple[str, Path, Path]] = []
    with_own_split = []
    absent: list[str] = []
    for folder in (given if given.name else given.resolve() for given in data):  # "." has no name of its own
        if folder.name in data_sets() or (folder.is_dir() and not _holds_several(folder)):
            places.append((folder.name, folder, _split_beside(folder, split)))
            continue
        for name in table.datasets or tuple(data_sets()):
            try:
                fetched = find_fetched(name, folder)
            except InputError as error:
                absent.append(str(error))
            else:
                places.append((name, fetched.root, fetched.split))
                with_own_split.append(name)
    if not places:
        instead = "or give --data one of your own"
        raise InputError("no data set of this table is there:", lines=[*absent, instead])
    counted = Counter(name for name, _, _ in places)
    if len(counted) < len(places):
        name, count = counted.most_common(1)[0]
        raise InputError(
            f"data: {count} folders are called {name}; expected different names, which tell the runs apart"
        )
    if split and len(places) > 1:
        raise InputError("split: belongs to one data set, but several are given; each finds its own in its folder")
    if split and with_own_split:
        raise InputError(
            f"split: {with_own_split[0]} has one of its own; leave --split out, or give the data set's folder as --data"
        )
    return [_source(*place, images_per_class) for place in places], absent


def _source(name: str, root: Path, split: Path, images_per_class: int | None) -> Source:
    root = root.resolve()
    return Source(name, root, first_images(read_split(split, root), images_per_class))


def first_images(split: Split, images_per_class: int | None) -> Split:
    """The split with the first so many training images of each class, in its own order; with all of them for None."""
    if images_per_class is None:
        return split
    taken: Counter[str] = Counter()
    kept = []
    for file in split.train:
        taken[split.labels[file]] += 1
        if taken[split.labels[file]] <= images_per_class:
            kept.append(file)
    return replace(split, train=tuple(kept))


def _holds_several(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in data_sets())


def _split_beside(root: Path, split: Path | None) -> Path:
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; expected images, one folder per class, or a folder of data sets")
    if split:
        return split
    if root.name in data_sets() and is_complete(data_set(root.name), root):
        return split_of(data_set(root.name), root)
    for usual in _USUAL_SPLITS:
        if (root / usual).is_dir():
            return root / usual
    raise InputError(
        f"{root}: no split in {', '.join(_USUAL_SPLITS)}; give --split, or make one: "
        f"clipling split {root} {root / 'split'}"
    )
