"""The code blocks of the documentation, and the commands in them."""

import re
import shlex
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")),
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("docs/results/*.md")),
]
_FENCE, _INDENT = "```", "    "
_SHELL = re.compile(
    r"([A-Z_]+=\S+ )*(clipling|make|pip|python|torchrun|find|export|scp|ssh|cp) |for \w+ in .*; do |[A-Z]+=\""
)
"""What a command starts with; a line of Python starts with something else."""
_OPERATORS = {"|", ";", "&&"}


class Block(NamedTuple):
    """Lines of code on a page, without their indentation."""

    page: str
    lines: tuple[str, ...]

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command for a shell: variables and loops written out, what is optional taken."""
        variables = dict(match for line in self._whole for match in re.findall(r'^([A-Z]+)="([^"]*)"', line))
        lines = [line for line in self._whole if _SHELL.match(line) and not re.match(r'[A-Z]+="', line)]
        for name, value in variables.items():
            lines = [line.replace(f"${name}", value) for line in lines]
        return [command for line in lines for each in _turns(line) for command in _commands(each)]

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
    return [Block(str(path.relative_to(ROOT)), tuple(lines)) for lines in found]


def _turns(line: str) -> list[str]:
    """The turns of a loop, or the line itself."""
    loop = re.match(r"for (\w+) in ([^;]+); do (.*); done", line)
    if loop is None:
        return [line]
    name, values, body = loop.groups()
    return [body.replace(f"${name}", value) for value in values.split()]


def _commands(line: str) -> list[list[str]]:
    words = shlex.shlex(line, posix=True, punctuation_chars="|;&")
    words.whitespace_split, words.commenters = True, "#"
    commands = [[*those] for operator, those in groupby(words, _OPERATORS.__contains__) if not operator]
    return [[_taken(word) for word in command if not re.match(r"[A-Z_]+=", word)] for command in commands]


def _taken(word: str) -> str:
    """A word without the brackets around what is optional."""
    return word if word.startswith("clipling[") else word.strip("[]")
