"""Markdown as GitHub and the Hugging Face Hub read it: tables, and the text of strangers in it."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from clipling.plain import visible

_RULES = {"l": "---", "r": "---:"}
_MARKS = re.compile(r"[\\`*\[\]~$]|(?<![^\W_])_|_(?![^\W_])")  # an underscore inside a word is none
_BEGINNING = re.compile(r"^(\d*)([#+=.)-])")
"""What makes a heading, a list or a rule of a line that begins with it."""


class Markdown(str):
    """Text that is Markdown already, and ours."""

    __slots__ = ()


def markdown_text(text: str) -> str:
    """Anybody's text, in one line, as Markdown that shows it and nothing else: no markup, no HTML, no link.

    Line ends become spaces, other characters that act are written out.
    """
    plain = visible(" ".join(text.splitlines()).strip())
    return escape(_MARKS.sub(r"\\\g<0>", plain), quote=False)


def markdown_line(text: str) -> str:
    """The same where it begins a line."""
    return _BEGINNING.sub(r"\1\\\2", markdown_text(text))


def markdown_table(columns: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A line for the head, the rule, and a line for each row; `columns` has a letter a column: left `l` or right `r`.

    A cell shows its text as it is, unless it is `Markdown`.
    """
    lines = [head, [Markdown(_RULES[column]) for column in columns], *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return (text if isinstance(text, Markdown) else markdown_text(text)).replace("|", "\\|")
