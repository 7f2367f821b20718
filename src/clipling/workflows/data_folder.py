"""The data folder that a verb works on, and what a person should know of it before the work begins."""

from pathlib import Path

from clipling.data.folder import ImageFolder, scan, scan_unlabelled
from clipling.workflows.console import say


def open_folder(root: Path, *, unlabelled: bool = False) -> ImageFolder:
    """What `scan`, or `scan_unlabelled`, finds, after a line for each of its notes. Raises InputError as they do."""
    folder = scan_unlabelled(root) if unlabelled else scan(root)
    for note in folder.notes:
        say(f"{root}: {note}")
    return folder
