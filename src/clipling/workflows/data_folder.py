"""The data folder that a verb works on, and what a person should know of it before the work begins."""

from pathlib import Path

from clipling.data.folder import ImageFolder, scan
from clipling.workflows.console import say


def open_folder(root: Path) -> ImageFolder:
    """What `scan` finds, after a line for each of its notes. Raises InputError as `scan`."""
    folder = scan(root)
    for note in folder.notes:
        say(f"{root}: {note}")
    return folder
