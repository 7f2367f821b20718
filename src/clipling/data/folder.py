"""A data set on disk: which files are images, and of which class.

Two layouts: `ROOT/**/<class>/<image>`, or any folders with a table: `ROOT/labels.csv` (`file,class`), or the metadata
of a Hugging Face imagefolder. What is neither an image nor a file this project knows beside images is passed over, with
the reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clipling.contracts.errors import InputError, some
from clipling.data.foreign_table import suggestion
from clipling.data.label_table import LabelTable, read_labels
from clipling.data.layout import folder_labels, nested_classes
from clipling.data.listed import unlistable
from clipling.data.tree import PassedOver, Tree, Unlisted, counted, look
from clipling.files import hash_strings


@dataclass(frozen=True)
class ImageFolder:
    """What lies in a data folder.

    `files` are sorted POSIX paths relative to `root`, as they are on disk, `labels` gives the class of each, in NFC.
    passed_over: the other files with the reason why they are not used. unlisted: folders whose images nobody sees.
    nested: class folders inside those of other classes. tables: what says the classes, where folders do not.
    """

    root: Path
    files: tuple[str, ...]
    labels: dict[str, str]
    passed_over: tuple[PassedOver, ...]
    unlisted: tuple[Unlisted, ...] = ()
    nested: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, sorted."""
        return tuple(sorted(set(self.labels.values())))

    @cached_property
    def hash(self) -> str:
        """Identifies the file list with its labels, not the pixels."""
        return dataset_hash(self.files, self.labels)

    @property
    def counted(self) -> str:
        """One line about what is passed over; empty where there is nothing."""
        return counted(one.group for one in self.passed_over)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth a line to whoever uses the folder."""
        inside = f"classes inside the folder of another class: {some(self.nested)}" if self.nested else ""
        tables = f"classes are those of {some(self.tables)}" if self.tables not in ((), ("labels.csv",)) else ""
        return tuple(filter(None, (tables, inside, self.counted)))


def dataset_hash(files: Iterable[str], labels: Mapping[str, str]) -> str:
    """SHA-256 of file names and their labels, in hexadecimal; the order of the files does not count."""
    return hash_strings(f"{file}\t{labels[file]}" for file in sorted(files))


def scan(root: Path, *, listed: bool = False, allow_unlisted: bool = False) -> ImageFolder:
    """Find the images under `root` and their classes.

    listed: a split list says which files are meant, so that folders of one name at different places may be one class.
    allow_unlisted: leave out folders that cannot be listed, instead of an error. Raises InputError when `root` is
    absent, holds no image or only one class, or its labels are unclear.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the images")
    tree = look(root)
    if tree.unlisted and not allow_unlisted:
        raise _unlisted(root, tree.unlisted)
    table = read_labels(root)
    labels = table.labels if table else _by_folder(root, tree, listed=listed)
    passed_over = _unused(tree, labels, table)
    _require_classes(root, labels, passed_over, tree)
    return ImageFolder(
        root,
        tuple(sorted(labels)),
        labels,
        passed_over,
        tuple(one._replace(path=_printable(one.path)) for one in tree.unlisted),
        () if table else nested_classes(labels),
        table.sources if table else (),
    )


def scan_unlabelled(root: Path, *, allow_unlisted: bool = False) -> ImageFolder:
    """Find the images under `root`, at any depth, whatever their classes: `labels` is empty.

    allow_unlisted: as for `scan`. Raises InputError when `root` is absent or holds fewer than two images.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds the images")
    tree = look(root)
    if tree.unlisted and not allow_unlisted:
        raise _unlisted(root, tree.unlisted)
    files = sorted(image for image in tree.images if not unlistable(image))
    if len(files) < 2:
        raise InputError(f"{root}: {len(files)} images; expected at least two, one to train on and one to hold out")
    unlisted = tuple(one._replace(path=_printable(one.path)) for one in tree.unlisted)
    return ImageFolder(root, tuple(files), {}, _unused(tree, dict.fromkeys(files, ""), None), unlisted)


def _unlisted(root: Path, folders: Sequence[Unlisted]) -> InputError:
    told = some([_printable(f"{folder.path} ({folder.reason})") for folder in folders])
    return InputError(
        f"{root}: folders that cannot be listed, so that their images would be missing: {told}; give "
        "yourself the right to read them, or move them out of the data"
    )


def _by_folder(root: Path, tree: Tree, *, listed: bool) -> dict[str, str]:
    try:
        images = [image for image in tree.images if "/" in image and not unlistable(image)]
        return folder_labels(root, images, listed=listed)
    except InputError as error:
        raise InputError("; ".join(filter(None, (str(error), suggestion(root, tree))))) from None


def _unused(tree: Tree, labels: Mapping[str, str], table: LabelTable | None) -> tuple[PassedOver, ...]:
    """All files that are neither images with a class nor the tables that give the classes."""
    alone = "lies in no class folder" if table is None else "not in labels.csv"
    if table and table.sources != ("labels.csv",):
        alone = "not in the metadata"
    images = [PassedOver(file, unlistable(file) or alone) for file in tree.images if file not in labels]
    used = {*labels, *(table.sources if table else ())}
    others = [one for one in tree.passed_over if one.path not in used]
    return tuple(sorted(one._replace(path=_printable(one.path)) for one in (*images, *others)))


def _printable(path: str) -> str:
    return path.encode("utf-8", "replace").decode()


def _require_classes(root: Path, labels: Mapping[str, str], passed_over: Sequence[PassedOver], tree: Tree) -> None:
    if len(set(labels.values())) > 1:
        return
    if tree.unlisted:
        raise _unlisted(root, tree.unlisted)
    told = ["expected ROOT/<class>/<image>, or labels.csv with file,class"]
    if labels:
        told = [f"only one class, '{next(iter(labels.values()))}'", f"{told[0]}, with two classes or more"]
    else:
        examples = some([f"{file} ({reason})" for file, reason in passed_over])
        told = ["no images of any class", *told, f"passed over {examples}" if examples else ""]
    told += [suggestion(root, tree), "`clipling distill --unlabelled` leaves classes aside"]
    raise InputError(f"{root}: {'; '.join(filter(None, told))}")
