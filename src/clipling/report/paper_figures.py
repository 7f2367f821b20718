"""A table drawn as bars: a panel for each number of a cell, our mean and spread, the published number as a mark."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clipling.report.paper_tables import Number, PaperTable
from clipling.report.picture import write_picture
from clipling.report.svg import COLOURS, SERIES, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_steps(table: PaperTable, panels: Sequence[str], place: Path) -> list[Path]:
    """Write `place`.svg and .png: the last column of the table, a panel with a bar a row for each number of its cells.

    panels: what the numbers are, in their order. A number that was not measured has no bar.
    """
    with canvas(3.4 * len(panels), 0.9 + 0.42 * len(table.rows)) as figure:
        grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for number, (axes, title) in enumerate(zip(grid, panels, strict=True)):
            for row, (_, cells) in enumerate(table.rows):
                _bar(axes, row, number, cells[-1].ours, cells[-1].published)
            axes.set(title=title, xlim=(0, None), yticks=range(len(table.rows)))
            axes.set_yticklabels([name for name, _ in table.rows])
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(length=0)
            axes.grid(visible=True, axis="x")
        grid[0].invert_yaxis()
        figure.supxlabel(f"{table.columns[-1]}, accuracy in %; bars: ours, diamonds: published", fontsize=9)
        return write_picture(figure, place)


def _bar(axes: "Axes", row: int, number: int, ours: Sequence[Number | None], published: Sequence[float | None]) -> None:
    """One bar with its spread, and a diamond where the paper has the number."""
    if found := ours[number]:
        axes.barh(row, found.mean, height=0.6, xerr=found.deviation, color=COLOURS[SERIES[row % len(SERIES)]])
    printed = published[number] if number < len(published) else None
    if printed is not None:
        axes.plot(printed, row, marker="D", markersize=6, color=COLOURS["ink"], markerfacecolor="white")
