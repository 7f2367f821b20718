"""Markdown tables, as GitHub and the Hugging Face Hub read them."""

from collections.abc import Iterable, Sequence

_RULES = {"l": "---", "r": "---:"}


def markdown_table(columns: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A line for the head, the rule, and a line for each row; `columns` has a letter a column: left `l` or right `r`.

    What would break a line is made harmless: `|` becomes `\|`, the end of a line a space.
    """
    lines = [head, [_RULES[column] for column in columns], *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
