"""Whether a fetched data set is what the paper measured: its lists, its split, its texts, and every image."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.contracts.records import class_of
from clipling.data.check import find_unreadable
from clipling.data.finding import CheckReport, Finding
from clipling.data.labels import read_class_names, read_descriptions
from clipling.data.sets.catalogue import DataSet
from clipling.data.sets.download import Progress
from clipling.data.sets.fetch import drawn_here, is_complete, listed_files, source_of, split_of
from clipling.data.sets.images import too_few
from clipling.data.sets.published import published_split, require_published
from clipling.data.split import read_split

_EXAMPLES = 5
_MEND = "remove what is named and fetch again"


def verify(known: DataSet, root: Path, progress: Progress | None = None) -> CheckReport:
    """Look at every file of a data set and say what is wrong; the authors' files are compared by checksum.

    progress: called with the numbers of images done and to be done. Raises InputError when nothing is at `root`.
    """
    source, split = source_of(root), split_of(known, root)
    if not source.is_dir():
        raise InputError(
            f"{root}: {known.name} is not here; fetch it with: clipling data fetch {known.name} --to {root.parent}"
        )
    files = listed_files(known, root)
    classes = sorted({class_of(file) for file in files})
    present = [file for file in files if (root / file).is_file()]
    rows = [
        *_found("not complete; fetch again", [] if is_complete(known, root) else [str(root)]),
        *_refused(
            f"files of the authors that are absent or not as published; {_MEND}",
            [partial(require_published, known, file, source / file) for file in known.published],
        ),
        *_found("images that are missing; fetch again", sorted(set(files) - set(present))),
        *_short(known, root, files),
        *find_unreadable(root, present, progress),
        *_found(f"lists that differ from the published ones; {_MEND}", _unlike(known, root)),
        *_refused(f"a split that cannot be used; {_MEND}", [partial(read_split, split, root)]),
        *_refused(
            f"texts of the classes that cannot be used; {_MEND}",
            [partial(read_class_names, root, classes), partial(read_descriptions, root, classes)],
        ),
    ]
    return CheckReport(len(files), len(classes), tuple(rows))


def _short(known: DataSet, root: Path, files: Sequence[str]) -> list[Finding]:
    """The finding that a split drawn here is not of as many images as the data set has."""
    if len(files) == known.images or not drawn_here(known, root):
        return []
    what = f"images too few or too many, {len(files):,} for {known.images:,}; fetch again with a whole copy"
    examples = too_few(known, files)[:_EXAMPLES]
    return [Finding("spoils", what, abs(known.images - len(files)), tuple(examples))]


def _unlike(known: DataSet, root: Path) -> list[str]:
    """The lists of the split that do not say what the authors' lists say."""
    folder = split_of(known, root)
    try:
        theirs, ours = published_split(source_of(root)), read_split(folder, root)
    except InputError:
        return []  # a finding of its own
    pairs = {"train.txt": (ours.train, theirs.train), "id.txt": (ours.id, theirs.id), "ood.txt": (ours.ood, theirs.ood)}
    return [str(folder / name) for name, (mine, their) in pairs.items() if mine != their]


def _refused(what: str, demands: Sequence[Callable[[], object]]) -> list[Finding]:
    """The finding that some of the demands raise InputError, with what they say."""
    said = list[str]()
    for demand in demands:
        try:
            demand()
        except InputError as error:
            said.append(str(error))
    return _found(what, said)


def _found(what: str, examples: Sequence[str]) -> list[Finding]:
    return [Finding("spoils", what, len(examples), tuple(examples[:_EXAMPLES]))] if examples else []
