"""Pictures of the space texts lie in: their spectrum (Figure 4), and images among their texts (Figure 2b).

Arrays and lists in, files out; what they are computed from is the business of `evaluation`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clipling.report.picture import write_picture
from clipling.report.svg import COLOURS, SERIES, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_PANELS_IN_A_ROW = 3
_LONGEST_NAME = 28


@dataclass(frozen=True)
class Panel:
    """One plane: where the images and the texts of the classes lie, the rows of `images` having these `labels`.

    images: (N, 2) numbers. labels: for each the row of `texts` (C, 2) that is its class.
    """

    title: str
    images: Sequence[Sequence[float]]
    labels: Sequence[int]
    texts: Sequence[Sequence[float]]

    def as_json(self) -> dict[str, Any]:
        """The numbers behind the picture."""
        return {"images": self.images, "labels": self.labels, "texts": self.texts}


def figure4(values: Mapping[str, Sequence[float]], cosines: Mapping[str, float], place: Path) -> list[Path]:
    """Write `place`.svg and .png: the singular values of each set of texts, its mean cosine in the legend."""
    with canvas(5.2, 3.4) as figure:
        axes = figure.add_subplot()
        for colour, (name, spectrum) in zip(cycle(SERIES), values.items(), strict=False):
            label = f"{name}: mean cosine {cosines[name]:.3f}"
            axes.plot(range(1, len(spectrum) + 1), spectrum, color=COLOURS[colour], label=label)
        axes.set(xlabel="rank", ylabel="singular value", ylim=(0, None), xlim=(0, None))
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(length=0)
        axes.grid(visible=True)
        axes.legend(frameon=False)
        return write_picture(figure, place)


def figure2b(panels: Sequence[Panel], classes: Sequence[str], place: Path) -> list[Path]:
    """Write `place`.svg and .png: a dot per image, a star per text, a colour per class, side by side.

    classes: the names of the rows of `texts`, the same in every panel.
    """
    from matplotlib import colormaps

    colours = [colormaps["tab10" if len(classes) <= 10 else "tab20"](row % 20) for row in range(len(classes))]
    across = min(len(panels), _MOST_PANELS_IN_A_ROW)
    down = ceil(len(panels) / across)
    names = [name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…" for name in classes]
    columns = max(1, int(3.7 * across / (0.4 + 0.085 * max(map(len, names)))))  # inches: a star and its gaps, a letter
    legend_rows = ceil(len(classes) / columns)
    with canvas(3.7 * across, 3.7 * down + 0.23 * legend_rows) as figure:
        grid = figure.subplots(down, across, squeeze=False).flat
        for axes in list(grid)[len(panels) :]:
            axes.set_visible(False)
        for panel, axes in zip(panels, figure.axes, strict=False):
            _draw_panel(axes, panel, colours)
        handles = [_star(axes, [], [], colour, 80) for colour in colours]
        figure.legend(handles, names, loc="outside lower center", ncols=columns, frameon=False, fontsize=8.5)
        return write_picture(figure, place)


def _draw_panel(axes: "Axes", panel: Panel, colours: Sequence[Any]) -> None:
    x, y = zip(*panel.images, strict=True)
    axes.scatter(x, y, s=9, c=[colours[row] for row in panel.labels], alpha=0.55, linewidths=0)
    for (across, up), colour in zip(panel.texts, colours, strict=True):
        _star(axes, [across], [up], colour, 150)
    axes.set(title=panel.title, xticks=[], yticks=[])
    axes.margins(0.06)


def _star(axes: "Axes", x: Sequence[float], y: Sequence[float], colour: Any, size: float) -> Any:
    return axes.scatter(x, y, s=size, marker="*", color=[colour], edgecolors=COLOURS["ink"], linewidths=0.8, zorder=3)
