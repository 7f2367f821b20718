"""The paper's six data sets: which there are, bringing one here, and looking whether it is what the paper measured."""

from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from clipling.data.sets.catalogue import DataSet, data_set, data_sets
from clipling.data.sets.fetch import Fetched, fetch, is_complete, source_of
from clipling.data.sets.verify import verify
from clipling.plain import visible
from clipling.workflows.check import Checked

_COLOURS = {"complete": "green", "begun": "yellow", "-": ""}


@dataclass(frozen=True)
class Shelf:
    """The six data sets, and how far each has come in a folder."""

    folder: Path
    states: dict[str, str]

    def __rich__(self) -> Table:
        """What a terminal shows."""
        table = Table(
            "name",
            "images",
            "classes",
            "download",
            "here",
            "terms of use",
            title=Text(visible(str(self.folder))),
            box=SIMPLE,
        )
        for column in table.columns[:-2]:
            column.no_wrap = True
        for name, state in self.states.items():
            known = data_set(name)
            table.add_row(
                name, f"{known.images:,}", str(known.classes), _way(known), Text(state, _COLOURS[state]), known.terms
            )
        return table


@dataclass(frozen=True)
class Arrived:
    """A data set that is complete, and how to use it."""

    fetched: Fetched
    was_there: bool

    def __rich__(self) -> str:
        """What a terminal shows."""
        root, split = self.fetched.root, self.fetched.split
        paper = split.name == "paper"
        return (
            f"{root}: complete{', nothing to do' if self.was_there else ''}\n"
            f"split: {split}" + ("" if paper else ", drawn here: the authors published none for this data set") + "\n"
            f"next: clipling distill --data {root} --split {split} --teacher ... --out ..."
        )


def data_list(folder: Path | str = "datasets") -> Shelf:
    """List the paper's six data sets: size, terms of use, how to get each, and whether it is here.

    Parameters
    ----------
    folder
        Folder of data sets.

    """
    folder = Path(folder)
    return Shelf(folder, {name: _state(known, known.root(folder)) for name, known in data_sets().items()})


def data_fetch(
    name: str, *, to: Path | str = "datasets", lists: Path | str | None = None, images: Path | str | None = None
) -> Arrived:
    """Bring one of the paper's data sets here, with its texts and its split; goes on where it stopped.

    Parameters
    ----------
    name
        Name of the data set, as `clipling data list` shows it.
    to
        Folder of data sets; it lies in a folder of its name in there.
    lists
        Folder with the authors' lists and labels, in place of a download.
    images
        The original archive, or the folder it was unpacked into, in place of a download; it stays as it is.

    """
    known = data_set(name)
    root = known.root(Path(to))
    was_there = is_complete(known, root, Path(lists) if lists else None)
    from clipling.workflows.console import counting  # loads torch, which the list does without

    given = {"lists": lists, "images": images}
    fetched = fetch(known, root, stage=counting, **{key: Path(path) for key, path in given.items() if path})
    return Arrived(fetched, was_there)


def data_verify(name: str, folder: Path | str = "datasets") -> Checked:
    """Look at every file of a fetched data set: lists by checksum, texts, whether each image decodes.

    The exit status is 1 when anything is wrong.

    Parameters
    ----------
    name
        Name of the data set.
    folder
        Folder of data sets it was fetched to.

    """
    known = data_set(name)
    from clipling.workflows.console import counting  # as above

    with counting("looking at images") as progress:
        return Checked(verify(known, known.root(Path(folder)), progress))


def _way(known: DataSet) -> str:
    return f"{known.archive.gigabytes:.1f} GB" if known.archive else "by hand"


def _state(known: DataSet, root: Path) -> str:
    if is_complete(known, root):
        return "complete"
    return "begun" if source_of(root).is_dir() else "-"
