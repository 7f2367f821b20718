"""The code blocks of the documentation, and the commands in them."""

import re
import shlex
from itertools import groupby
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")),
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("docs/results/*.md")),
]
_FENCE, _INDENT = "```", "    "
_PROGRAMS = "clipling|make|pip|python|torchrun|find|export|scp|ssh|cp"
_LOOP, _VARIABLE = r"for (\w+) in ([^;]+); do\b", r'^([A-Z]+)="([^"]*)"'
_SHELL = re.compile(rf"\s*(([A-Z_]+=\S+ )*({_PROGRAMS}) |{_LOOP}|done(;|$)|[A-Z]+=\")")
"""What a command starts with; a line of Python starts with something else."""
_OPERATORS = {"|", ";", "&&"}


class Block(NamedTuple):
    """Lines of code on a page, without their indentation."""

    page: str
    lines: tuple[str, ...]

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command for a shell: variables and loops written out, what is optional taken."""
        given: dict[str, list[str]] = {}  # the values of variables and of loops so far
        found = []
        for line in filter(_SHELL.match, self._whole):
            given |= {name: [value] for name, value in re.findall(_VARIABLE, line)}
            given |= {name: values.split() for name, values in re.findall(_LOOP, line)}
            body = re.sub(rf"{_LOOP}|{_VARIABLE}|;?\s*\bdone\b", "", line)
            turns = [body]
            for name, values in given.items():
                turns = [turn.replace(f"${name}", value) for turn in turns for value in values]
            found += [command for turn in dict.fromkeys(turns) for command in _commands(turn)]
        return found

    @property
    def python(self) -> str:
        """The rest."""
        return "\n".join(line for line in self._whole if not _SHELL.match(line)).strip("\n")

    @property
    def _whole(self) -> list[str]:
        """Lines, those that go on in the next one joined to it."""
        return "\n".join(self.lines).replace("\\\n", " ").splitlines()


def blocks(path: Path) -> list[Block]:
    """The blocks of a page in their order: what is fenced, and what is indented by four spaces after a blank line."""
    found: list[list[str]] = []
    fenced = inside = False
    before = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(_FENCE):
            fenced, inside = not fenced, False
            found.extend([[]] if fenced else [])
        elif fenced or (inside and not line):
            found[-1].append(line)
        else:
            indented = line.startswith(_INDENT)
            if indented and not inside:
                inside = not before
                found.extend([[]] if inside else [])
            inside = inside and indented
            if inside:
                found[-1].append(line.removeprefix(_INDENT))
        before = line
    return [Block(str(path.relative_to(ROOT)), tuple(dedent("\n".join(lines)).splitlines())) for lines in found]


def _commands(line: str) -> list[list[str]]:
    words = shlex.shlex(line, posix=True, punctuation_chars="|;&")
    words.whitespace_split, words.commenters = True, "#"
    commands = [[*those] for operator, those in groupby(words, _OPERATORS.__contains__) if not operator]
    return [[_taken(word) for word in command if not re.match(r"[A-Z_]+=", word)] for command in commands]


def _taken(word: str) -> str:
    """A word without the brackets around what is optional."""
    return word if word.startswith("clipling[") else word.strip("[]")
