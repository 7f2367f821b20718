"""Image files as a person names them: files, folders, patterns, or a list on standard input; found one by one."""

import codecs
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from glob import has_magic, iglob
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.data.decode import UnreadableImage
from clipling.data.tree import Image, PassedOver, Unlisted, counted, walk

_UTF16 = tuple(mark.decode("utf-8", "surrogateescape") for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


class ImageFiles:
    """The files behind the names, in their order; a name with none behind it comes as the reason.

    A folder stands for the images in it at any depth, as a data set's scan finds them. A pattern (`*.jpg`,
    `**/*.png`) stands for what it matches, `-` for the names on standard input, one a line.
    """

    def __init__(self, named: Iterable[str]) -> None:
        self._named = named
        self._passed_over = Counter[str]()

    @property
    def passed_over(self) -> str:
        """One line about what was no image in the folders so far; empty where there was nothing."""
        return counted(self._passed_over)

    def __iter__(self) -> Iterator[str | UnreadableImage]:
        return self._files(self._named)

    def _files(self, named: Iterable[str]) -> Iterator[str | UnreadableImage]:
        for name in named:
            if name == "-":
                yield from self._files(line for line in _standard_input() if line != "-")
            elif os.path.isdir(name):  # noqa: PTH112  a path as it was given, also one that pathlib would rewrite
                yield from self._within(name)
            elif has_magic(name) and not os.path.lexists(name):
                yield from self._matching(name)
            else:
                yield name

    def _within(self, folder: str) -> Iterator[str | UnreadableImage]:
        empty = True
        for found in walk(folder):
            match found:
                case Image(path):
                    yield os.path.join(folder, path)  # noqa: PTH118
                case Unlisted(path, reason):
                    yield UnreadableImage(Path(folder, path), reason)
                case PassedOver():
                    self._passed_over[found.group] += 1
                    continue
            empty = False
        if empty:
            yield UnreadableImage(Path(folder), "a folder without images")

    def _matching(self, pattern: str) -> Iterator[str | UnreadableImage]:
        matches = sorted(iglob(pattern, recursive=True))  # noqa: PTH207
        for match in matches:
            if os.path.isdir(match):  # noqa: PTH112
                if "**" not in pattern:
                    yield from self._within(match)
            else:
                yield match
        if not matches:
            yield UnreadableImage(Path(pattern), "no file matches")


def _standard_input() -> Iterator[str]:
    """Its lines, as they come. Raises InputError for what is no list of names, such as UTF-16."""
    # Not sys.stdin: a thread that waits in it when the program ends brings the interpreter down.
    with open(sys.stdin.fileno(), encoding="utf-8-sig", errors="surrogateescape", closefd=False) as lines:
        for line in lines:
            if line.startswith(_UTF16) or "\0" in line:
                raise InputError(
                    "standard input: not UTF-8 text with one name a line, but UTF-16 or names that end in NUL; write "
                    "the list as UTF-8 (PowerShell: $OutputEncoding = [Text.Encoding]::UTF8; find: without -print0)"
                )
            if name := line.rstrip("\r\n"):
                yield name
