"""A folder that is complete or absent, also while it replaces another.

A folder cannot take the place of a full one in a single step. So the new one is finished beside it, the old one steps
aside under a name that `standing` knows, the new one moves in, and only then the old one is deleted: whenever the
process is killed, one of the two is found.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clipling.contracts.system import disk_trouble_named
from clipling.files import sync
from clipling.locks import locked


def standing(folder: Path) -> Path:
    """Where the content of `folder` is: there, or aside when a replacement was cut short between its two renames."""
    former = _aside(folder, "former")
    return former if not folder.exists() and former.is_dir() else folder


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder`; on success it takes the place of `folder`, on an error it is removed.

    Writers of the same folder wait for each other. Raises InputError when the place cannot be written.
    """
    folder = folder.resolve()
    partial, former = _aside(folder, "part"), _aside(folder, "former")
    with locked(_aside(folder, "lock")), disk_trouble_named(folder):
        if not folder.exists() and former.is_dir():
            former.rename(folder)
        _remove(former)
        _remove(partial)
        partial.mkdir()
        try:
            yield partial
            _exchange(partial, folder, former)
        finally:
            _remove(partial)


def _exchange(partial: Path, folder: Path, former: Path) -> None:
    if folder.exists():
        folder.rename(former)
    try:
        partial.rename(folder)
    except OSError:
        if former.exists():
            former.rename(folder)
        raise
    sync(folder.parent)
    _remove(former)


def _aside(folder: Path, ending: str) -> Path:
    folder = folder.resolve()
    return folder.with_name(f".{folder.name}.{ending}")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
