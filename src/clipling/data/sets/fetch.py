"""A data set brought into the project's layout, in steps that are skipped where they are done.

ROOT/.source holds the authors' files, the archive while and after it is downloaded, and, last of all, `complete.json`.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from clipling.contracts.errors import InputError
from clipling.data.folder import scan
from clipling.data.sets.catalogue import LABELS, LISTS, Archive, DataSet, data_set
from clipling.data.sets.download import Progress, download
from clipling.data.sets.images import bring, bring_classes
from clipling.data.sets.published import (
    class_names,
    gather,
    given,
    has_gathered,
    listed_image,
    published_split,
    require_named,
    sentences,
)
from clipling.data.split import make_split, write_split
from clipling.data.tables import write_table
from clipling.files import read_lines, write_json, write_jsonl
from clipling.locks import locked

Stage: TypeAlias = Callable[[str], AbstractContextManager[Progress | None]]
"""Shows how far the stage of that name has come."""
_TEXTS = ("classes.csv", "descriptions.jsonl")
_OURS = ("train.txt", "id.txt", "ood.txt")


@dataclass(frozen=True)
class Fetched:
    """A complete data set: the folder of its images, and that of its split."""

    root: Path
    split: Path


def _silent(what: str) -> AbstractContextManager[None]:
    return nullcontext()


def source_of(root: Path) -> Path:
    """Where the originals of a fetched data set lie; a hidden folder, which is never read for images."""
    return root / ".source"


def is_complete(known: DataSet, root: Path, lists: Path | None = None) -> bool:
    """Whether the last step was done and every file is still there; no file is opened but the lists.

    lists: folder with the authors' files, which then have to be those that are there.
    """
    source, split = source_of(root), split_of(known, root)
    beside = [root / name for name in _TEXTS] + [split / name for name in (*_OURS, "split.json")]
    beside += [source / name for name in ("complete.json", *known.published)]
    here = all(file.is_file() for file in beside) and _has_images(known, root)
    return here and (lists is None or has_gathered(known, lists, source))


def listed_files(known: DataSet, root: Path) -> list[str]:
    """The images that a fetched data set should hold, as <class>/<image>; none where its lists are absent."""
    own = drawn_here(known, root)
    lists = [split_of(known, root) / name for name in _OURS] if own else [source_of(root) / name for name in LISTS]
    if not all(path.is_file() for path in lists):
        return []
    return [listed_image(line) for path in lists for line in read_lines(path)]


def _has_images(known: DataSet, root: Path) -> bool:
    files = listed_files(known, root)
    enough = len(files) == known.images if drawn_here(known, root) else bool(files)
    return enough and all((root / file).is_file() for file in files)


def drawn_here(known: DataSet, root: Path) -> bool:
    """Whether the split is one of our own: the authors published none, and no three lists were given."""
    return not known.counts and not all((source_of(root) / name).is_file() for name in LISTS)


def split_of(known: DataSet, root: Path) -> Path:
    """The folder of the split: the paper's, or our own where the authors published none."""
    return root / "splits" / ("0" if drawn_here(known, root) else "paper")


def find_fetched(name: str, folder: Path) -> Fetched:
    """The data set `name` in a folder of data sets. Raises InputError, with the command that fetches it, if absent."""
    known = data_set(name)
    root = known.root(folder)
    if not is_complete(known, root):
        raise InputError(
            f"{root}: {name} is not here, or not all of it; fetch it with: clipling data fetch {name} --to {folder}"
        )
    return Fetched(root, split_of(known, root))


def fetch(
    known: DataSet,
    root: Path,
    *,
    lists: Path | None = None,
    images: Path | None = None,
    stage: Stage = _silent,
) -> Fetched:
    """Bring a data set to `root`, continuing what was begun; nothing is done when it is complete.

    lists: folder with the authors' files, in place of a download and of what is there. images: the original archive, or
    what it was unpacked into, in place of a download. stage: shows how far a named stage has come.
    Raises InputError when something is missing, damaged, or not as published.
    """
    source = source_of(root)
    if is_complete(known, root, lists):
        return Fetched(root, split_of(known, root))
    _refuse_early(known, root, lists, images)
    with locked(source / ".lock"):
        if not is_complete(known, root, lists):  # another process may have been at it
            (source / "complete.json").unlink(missing_ok=True)
            gather(known, lists, source)
            names = class_names(known, source / LABELS[0])
            texts = sentences(names, source)
            if not _has_images(known, root):
                _bring_images(known, root, set(names), images or _downloaded(known, source, stage), stage)
            split = make_split(scan(root), seed=0) if drawn_here(known, root) else published_split(source)
            require_named(names, split, source / LABELS[0])
            _write_texts(root, sorted(split.classes), names, texts)
            write_split(split, split_of(known, root))
            os.sync()
            write_json(source / "complete.json", {"name": known.name, "images": len(split.files)})
    return Fetched(root, split_of(known, root))


def _refuse_early(known: DataSet, root: Path, lists: Path | None, images: Path | None) -> None:
    """Raise InputError for what cannot succeed, before anything is written."""
    if root.is_dir() and any(root.iterdir()) and not source_of(root).is_dir():
        raise InputError(f"{root}: holds other files; give --to a folder where {known.name} has a place of its own")
    if images is None and known.archive is None and not _has_images(known, root):
        raise _no_download(known)
    if images is not None and not images.exists():
        raise InputError(f"{images}: no such file or folder; give the original archive, or what it was unpacked into")
    if lists is not None:
        given(known, lists)


def _no_download(known: DataSet) -> InputError:
    return InputError(f"{known.name} cannot be downloaded. {known.by_hand} Its home: {known.home}")


def _downloaded(known: DataSet, source: Path, stage: Stage) -> Path:
    archive = known.archive
    if archive is None:  # the images that were there are not those of the lists given now
        raise _no_download(known)
    to = source / archive.url.rsplit("/", 1)[-1]
    with stage("downloading, MB") as progress:
        download(archive.url, to, right=partial(_is, archive), progress=progress)
    return to


def _is(archive: Archive, path: Path) -> bool:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest() == archive.md5


def _write_texts(root: Path, classes: list[str], names: Mapping[str, str], texts: Mapping[str, str]) -> None:
    """The names and sentences beside the images; a file that is there, perhaps with changes of one's own, stays."""
    table, descriptions = (root / name for name in _TEXTS)
    if not table.exists():
        write_table(table, ("class", "name"), [(item, names[item]) for item in classes])
    if not descriptions.exists():
        about = {"model": "chatgpt", "prompt": "paper"}
        write_jsonl(descriptions, [{"class": item, "text": texts[item], **about} for item in classes])


def _bring_images(known: DataSet, root: Path, classes: set[str], origin: Path, stage: Stage) -> None:
    with stage("bringing in images") as progress:
        if drawn_here(known, root):
            bring_classes(known, origin, classes, root)
        else:
            bring(known, origin, published_split(source_of(root)).files, root, progress)
