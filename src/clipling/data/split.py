"""Seen and unseen classes: who trains, who tests what was seen, who tests what was not.

A split is made here or read from lists, ours or published. Whatever the source, it holds that seen and unseen classes
are disjoint and agree with the files, that no file stands in two lists, and that every file is there.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clipling.contracts.errors import InputError, some
from clipling.contracts.limits import require_seed
from clipling.contracts.names import nfc
from clipling.contracts.records import Split, class_of
from clipling.contracts.system import disk_trouble_named
from clipling.data.draw import bursts, drawn_unseen, held_out, named_unseen
from clipling.data.folder import ImageFolder
from clipling.data.label_table import LabelTable, read_labels
from clipling.data.layout import folder_labels
from clipling.data.listed import files_on_disk
from clipling.data.lists import Lists, find_lists, read_about, read_list, require_as_written, require_disjoint
from clipling.files import hash_strings, write_json, write_lines

HOLDOUT = 0.3
"""Share of each seen class's images that is held out unless another one is asked for."""


def make_split(
    folder: ImageFolder,
    *,
    seen: float = 0.5,
    holdout: float = HOLDOUT,
    seed: int = 0,
    unseen: Sequence[str] | None = None,
    group: str | None = None,
) -> Split:
    """Divide the images of a folder, the same way on every machine.

    seen: share of the classes that train, in (0, 1]; 1 leaves no unseen class. Without effect when `unseen` names them.
    holdout: share of each seen class's images, in [0, 1), that goes to `id`; at least one image stays on either side.
    group: regular expression searched in each path; images with the same match (its group 1, if it has one) stay on
    the same side of train and id. An image without a match is on its own.
    Raises InputError for shares out of range, unknown classes, and seen classes that are too small to hold out from.
    """
    require_seed(seed)
    _require_share("seen", seen, "in (0, 1]", 0 < seen <= 1)
    _require_share("holdout", holdout, "in [0, 1)", 0 <= holdout < 1)
    classes = folder.classes
    kept_out = set(drawn_unseen(classes, seen, seed) if unseen is None else named_unseen(classes, unseen))
    images = defaultdict[str, list[str]](list)
    for file in folder.files:
        images[folder.labels[file]].append(file)
    seen_images = {label: images[label] for label in classes if label not in kept_out}
    held = held_out(seen_images, holdout, seed, bursts(folder.files, group)) if holdout else set[str]()
    ood = tuple(file for file in folder.files if folder.labels[file] in kept_out)
    rest = [file for file in folder.files if folder.labels[file] not in kept_out]
    return Split(
        train=tuple(file for file in rest if file not in held),
        id=tuple(file for file in rest if file in held),
        ood=ood,
        seen_classes=tuple(seen_images),
        unseen_classes=tuple(sorted(kept_out)),
        labels=dict(folder.labels),
        seed=seed,
        dataset_hash=folder.hash,
    )


def write_split(split: Split, out: Path) -> None:
    """Write the lists and `split.json` into the folder `out`; the list to train on and `split.json` come last.

    Without these two there is no split, so that lists of which a kill left some old and some new are never read as one.

    `dataset_hash` tells which data set the split was drawn from, of which the lists may hold a part; `list_hashes` are
    those of the lists themselves.
    """
    with disk_trouble_named(out):
        for name in ("split.json", "train.txt"):
            (out / name).unlink(missing_ok=True)
    parts = {"id": split.id, "ood": split.ood, "train": split.train}
    for name, files in parts.items():
        write_lines(out / f"{name}.txt", files)
    hashes = {name: hash_strings(files) for name, files in parts.items()}
    about: dict[str, Any] = {"seed": split.seed, "dataset_hash": split.dataset_hash, "list_hashes": hashes}
    about["unlabelled"] = None if split.is_labelled else True
    about["shots"] = len(split.shots) or None
    classes = {"seen_classes": list(split.seen_classes), "unseen_classes": list(split.unseen_classes)}
    write_json(out / "split.json", classes | {key: value for key, value in about.items() if value is not None})


def read_split(path: Path, root: Path) -> Split:
    """The split in the folder `path` (or `FOLDER/NAME` for one of several published triples) of the images in `root`.

    Labels come from a table (see `read_labels`) where `root` has one, else from the folder names; there are none where
    the split says so. Raises InputError, naming the list, when files or classes overlap, are missing, or do not agree,
    or when a list is not the one that was written.
    """
    lists = find_lists(path)
    listed = [read_list(source) for source in lists]
    require_disjoint(lists, [[nfc(file) for file in files] for files in listed])
    about = read_about(path / "split.json")
    require_as_written(lists, listed, about)
    if not listed[0]:
        raise InputError(f"{lists.train}: empty; expected the images to train on")
    listed = [files_on_disk(root, files, str(source)) for source, files in zip(lists, listed, strict=True)]
    train, id_, ood = listed
    shots = _shots(lists, about, train)
    if about.get("unlabelled"):
        labels, seen, unseen = dict[str, str](), set(about["seen_classes"]), set(about["unseen_classes"])
    else:
        labels = _labels(root, lists, listed)
        taught = train[: len(train) - len(shots)]
        seen, unseen = _classes(lists, about, [{labels[file] for file in files} for files in (taught, id_, ood)])
    return Split(
        train=tuple(train),
        id=tuple(id_),
        ood=tuple(ood),
        seen_classes=tuple(sorted(seen)),
        unseen_classes=tuple(sorted(unseen)),
        labels=labels,
        seed=about.get("seed"),
        dataset_hash=about.get("dataset_hash"),
        shots=shots,
    )


def _shots(lists: Lists, about: dict[str, Any], train: Sequence[str]) -> tuple[str, ...]:
    """The shots of a few-shot draw, which stand last among the images to train on. Raises InputError."""
    count = about.get("shots") or 0
    if not 0 <= count < len(train):
        raise InputError(
            f"{lists.train.parent / 'split.json'}: 'shots' is {count}; expected how many of the {len(train)} images to "
            "train on, the last ones, are shots"
        )
    return tuple(train[len(train) - count :])


def _require_share(name: str, value: float, expected: str, holds: bool) -> None:
    if not holds:
        raise InputError(f"{name} is {value}; expected a share {expected}")


def _labels(root: Path, lists: Lists, listed: Sequence[list[str]]) -> dict[str, str]:
    """The class of each file of the lists."""
    table = read_labels(root)
    labels = {file: _label(file, table, source) for source, files in zip(lists, listed, strict=True) for file in files}
    if table is None:
        folder_labels(root, labels, listed=True)
    return labels


def _label(file: str, table: LabelTable | None, source: Path) -> str:
    if table is not None:
        if file not in table.labels:
            where = ", ".join(table.sources)
            raise InputError(f"{source}: '{file}' has no row in {where}; add it or take it out of the list")
        return table.labels[file]
    if "/" not in file:
        raise InputError(f"{source}: '{file}' lies in no class folder, and there is no labels.csv to give its class")
    return class_of(file)


def _classes(lists: Lists, about: dict[str, Any], listed: Sequence[set[str]]) -> tuple[set[str], set[str]]:
    """Seen and unseen classes, as `split.json` or else the lists have them.

    `listed` gives the classes of the images in each list. Raises InputError unless seen and unseen classes are disjoint
    and every list holds what it claims.
    """
    train, id_, ood = listed
    seen = set(about.get("seen_classes", train | id_))
    unseen = set(about.get("unseen_classes", ood))
    wrong = (
        (seen & unseen, f"{lists.train.parent}: classes both seen and unseen"),
        (train - seen, f"{lists.train}: images of classes that split.json does not call seen"),
        (id_ - seen, f"{lists.id}: images of classes that split.json does not call seen"),
        (ood - unseen, f"{lists.ood}: images of classes that split.json does not call unseen"),
        (seen - train, f"{lists.train}: no image of the seen classes"),
        (unseen - ood, f"{lists.ood}: no image of the unseen classes"),
    )
    for classes, message in wrong:
        if classes:
            raise InputError(f"{message}: {some(sorted(classes))}; correct the lists")
    return seen, unseen
