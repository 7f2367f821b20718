"""Several files that change together: staged beside the old ones, then moved, and the move is finished after a kill.

The marker is written when everything is staged. Before it the old store is whole; after it the new one is, for whoever
opens the store to write repeats the moves that are still to do.
"""

import shutil
from pathlib import Path

from clipling.contracts.system import disk_trouble_named, make_folder
from clipling.files import write_text

NAMES = ("image.npy", "stamps.npy", "files.txt", "skipped.json", "manifest.json")


def staging(folder: Path) -> Path:
    """An empty folder for the new files."""
    place = folder / "partial" / "next"
    if place.exists():
        shutil.rmtree(place)
    make_folder(place)
    return place


def publish(folder: Path) -> None:
    """Put the staged files in the place of the old ones, and drop the work that led to them."""
    write_text(_marker(folder), "the files in next/ are complete and take the place of those above\n")
    finish(folder)


def finish(folder: Path) -> None:
    """Repeat what a killed `publish` left to do; nothing when nothing is left."""
    if not _marker(folder).exists():
        return
    with disk_trouble_named(folder):
        for name in NAMES:
            staged = folder / "partial" / "next" / name
            if staged.exists():
                staged.replace(folder / name)
        shutil.rmtree(folder / "partial")


def discard(folder: Path) -> None:
    """Remove the store and the work towards one, and nothing else that lies in the folder."""
    with disk_trouble_named(folder):
        for name in reversed(NAMES):  # the manifest first: without it there is no store
            (folder / name).unlink(missing_ok=True)
        if (folder / "partial").exists():
            shutil.rmtree(folder / "partial")


def _marker(folder: Path) -> Path:
    return folder / "partial" / "complete"
