"""Image files as a person names them: files, folders, patterns, or a list on standard input; found one by one."""

import os
import sys
from collections.abc import Iterable, Iterator
from glob import has_magic, iglob
from pathlib import Path

from clipling.data.decode import UnreadableImage, readable_extensions


def image_files(named: Iterable[str]) -> Iterator[str | UnreadableImage]:
    """The files behind the names, in their order; a name with none behind it comes as the reason.

    A folder stands for the images in it at any depth, by name; hidden ones are passed over. A pattern (`*.jpg`,
    `**/*.png`) stands for what it matches, `-` for the names on standard input, one a line.
    """
    for name in named:
        if name == "-":
            yield from image_files(line for line in _standard_input() if line != "-")
        elif os.path.isdir(name):  # noqa: PTH112  a path as it was given, also one that pathlib would rewrite
            yield from _within(name)
        elif has_magic(name) and not os.path.lexists(name):
            yield from _matching(name)
        else:
            yield name


def _standard_input() -> Iterator[str]:
    # Not sys.stdin: a thread that waits in it when the program ends brings the interpreter down.
    with open(sys.stdin.fileno(), encoding="utf-8", errors="surrogateescape", closefd=False) as lines:
        yield from filter(None, (line.rstrip("\r\n") for line in lines))


def _within(folder: str) -> Iterator[str | UnreadableImage]:
    found = False
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in readable_extensions():
                found = True
                yield os.path.join(here, name)  # noqa: PTH118
    if not found:
        yield UnreadableImage(Path(folder), "a folder without images")


def _matching(pattern: str) -> Iterator[str | UnreadableImage]:
    matches = sorted(iglob(pattern, recursive=True))  # noqa: PTH207
    for match in matches:
        if os.path.isdir(match):  # noqa: PTH112
            if "**" not in pattern:
                yield from _within(match)
        else:
            yield match
    if not matches:
        yield UnreadableImage(Path(pattern), "no file matches")
