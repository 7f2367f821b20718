"""A table as a paper prints it, each of our cells beside the published one: Markdown, LaTeX, CSV.

A cell is several numbers, as in 62.3 / 21.6 / 39.0. Ours are the mean over the seeds and, from two seeds on, their
standard deviation; the published ones follow in brackets.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from clipling.markdown import Markdown, markdown_table

_DASH = "–"
_LATEX = str.maketrans({"_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$", "–": "--", "±": r"$\pm$"})


@dataclass(frozen=True)
class Number:
    """A mean over `count` seeds and its standard deviation (None for a single one)."""

    mean: float
    deviation: float | None
    count: int


@dataclass(frozen=True)
class PaperCell:
    """The numbers of one cell, ours and the published; None is a number that is not there."""

    ours: tuple[Number | None, ...]
    published: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class PaperTable:
    """A printed table: a heading for each column, a name and the cells for each row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[PaperCell, ...]], ...]
    digits: int = 1
    notes: tuple[str, ...] = ()


def over_seeds(values: Mapping[int, float]) -> Number | None:
    """Mean and spread of a number given by seed; None without any."""
    if not values:
        return None
    return Number(fmean(values.values()), stdev(values.values()) if len(values) > 1 else None, len(values))


def over_data_sets(columns: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """The mean over data sets of a number given by seed, for the seeds that every data set has."""
    seeds = set.intersection(*(set(values) for values in columns)) if columns else set[int]()
    return {seed: fmean(values[seed] for values in columns) for seed in sorted(seeds)}


def cell_text(cell: PaperCell, digits: int) -> str:
    """'61.9 ± 0.4 / 21.0 ± 0.3 [62.3 / 21.6]'; a dash for a number that is not there."""
    ours = " / ".join(_number(number, digits) for number in cell.ours) if any(cell.ours) else _DASH
    if not any(value is not None for value in cell.published):
        return ours
    printed = " / ".join(_DASH if value is None else f"{value:.{digits}f}" for value in cell.published)
    return f"{ours} [{printed}]"


def _number(number: Number | None, digits: int) -> str:
    if number is None:
        return _DASH
    spread = "" if number.deviation is None else f" ± {number.deviation:.{digits}f}"
    return f"{number.mean:.{digits}f}{spread}"


def table_markdown(table: PaperTable) -> str:
    """The table in Markdown, its title above and its notes below."""
    rows = [[name, *(Markdown(cell_text(cell, table.digits)) for cell in cells)] for name, cells in table.rows]
    body = markdown_table("l" * (1 + len(table.columns)), ["", *table.columns], rows)
    notes = "".join(f"\n{note}\n" for note in table.notes)
    return f"**{table.title}**\n\n{body}{notes}"


def table_latex(table: PaperTable) -> str:
    """The table as a LaTeX `table*` with booktabs rules."""

    def row(texts: Sequence[str]) -> str:
        return " & ".join(text.translate(_LATEX) for text in texts) + r" \\"

    lines = [
        r"\begin{table*}",
        r"\centering\small",
        rf"\begin{{tabular}}{{l{'c' * len(table.columns)}}}",
        r"\toprule",
        row(["", *table.columns]),
        r"\midrule",
        *(row([name, *(cell_text(cell, table.digits) for cell in cells)]) for name, cells in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        rf"\caption{{{' '.join([table.title, *table.notes]).translate(_LATEX)}}}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def table_csv(table: PaperTable) -> str:
    """One line for each number: row, column, place in the cell, mean, deviation, runs, published."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["row", "column", "number", "mean", "deviation", "runs", "published"])
    for name, cells in table.rows:
        for column, cell in zip(table.columns, cells, strict=True):
            printed = [*cell.published, *[None] * (len(cell.ours) - len(cell.published))]
            for place, (ours, theirs) in enumerate(zip(cell.ours, printed, strict=False), 1):
                if ours or theirs is not None:
                    writer.writerow([name, column, place, *_plain(ours), "" if theirs is None else theirs])
    return stream.getvalue()


def _plain(number: Number | None) -> list[object]:
    if number is None:
        return ["", "", 0]
    return [round(number.mean, 6), "" if number.deviation is None else round(number.deviation, 6), number.count]
