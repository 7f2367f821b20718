"""The figures of a report: bars against the teacher's ceiling, and curves over the epochs.

Each figure is sized to be read on a phone without zooming. Curves are named in a legend that is text of the page, so
that long names wrap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clipling.contracts.figures import AGREEMENT
from clipling.report.journal import Epoch, loss_names
from clipling.report.measures import in_order, label_of, percent
from clipling.report.svg import COLOURS, SERIES, canvas, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 4.1
_DASHES = ("", "5 3", "1.5 2.5")
_LONGEST_NAME = 25


@dataclass(frozen=True)
class Bar:
    """One accuracy in [0, 1], with what it is to be seen against.

    `interval` are its bounds, `ceiling` is the teacher's accuracy and `chance` that of guessing; each may be None.
    `colour` is a name of `svg.COLOURS`.
    """

    name: str
    value: float
    colour: str
    interval: tuple[float, float] | None = None
    ceiling: float | None = None
    chance: float | None = None


@dataclass(frozen=True)
class Curve:
    """A line over the epochs: `points` are (epoch, value)."""

    name: str
    points: Sequence[tuple[int, float]]
    colour: str
    dash: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawn figure: its title, the `<svg>` element, and the curves its legend has to name."""

    title: str
    svg: str
    legend: tuple[Curve, ...] = ()


def bar_chart(bars: Sequence[Bar], *, key: str, title: str) -> Chart:
    """Horizontal bars on a scale of 0 to 100 %.

    A heavy stroke is the teacher, a dotted one chance, a thin line the interval. `key` names the figure on its page.
    """
    said = "; ".join(_spoken(bar) for bar in bars)
    with canvas(_WIDTH, 0.5 + 0.58 * len(bars)) as figure:
        axes = figure.add_subplot()
        for place, bar in enumerate(bars):
            _draw_bar(axes, float(-place), bar)
        axes.set(xlim=(0, 1), ylim=(-len(bars) + 0.6, 0.75), yticks=[], xticks=[0, 0.25, 0.5, 0.75, 1])
        axes.set_xticklabels(["0", "25", "50", "75", "100\N{NO-BREAK SPACE}%"])
        _quiet(axes, "x")
        return Chart(title, to_svg(figure, key, f"{title}. {said}"))


def _draw_bar(axes: "Axes", height: float, bar: Bar) -> None:
    axes.barh(height, bar.value, height=0.34, color=COLOURS[bar.colour])
    axes.text(0, height + 0.28, f"{_shortened(bar.name)}: {percent(bar.value)}", va="bottom", ha="left")
    if bar.interval:
        axes.plot(bar.interval, (height, height), color=COLOURS["ink"], linewidth=1.6, solid_capstyle="butt")
    if bar.chance is not None:
        axes.plot((bar.chance,) * 2, (height - 0.24, height + 0.24), color=COLOURS["ink"], linewidth=1.4, linestyle=":")
    if bar.ceiling is not None:
        axes.plot((bar.ceiling,) * 2, (height - 0.24, height + 0.24), color=COLOURS["ink"], linewidth=2.4)
        axes.text(1, height + 0.28, f"teacher {percent(bar.ceiling)}", va="bottom", ha="right", color=COLOURS["muted"])


def _spoken(bar: Bar) -> str:
    parts = [f"{bar.name}: {percent(bar.value)}"]
    if bar.interval:
        parts.append(f"between {percent(bar.interval[0])} and {percent(bar.interval[1])}")
    if bar.ceiling is not None:
        parts.append(f"teacher {percent(bar.ceiling)}")
    if bar.chance is not None:
        parts.append(f"chance {percent(bar.chance)}")
    return ", ".join(parts)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def curve_chart(curves: Sequence[Curve], *, key: str, title: str, fractions: bool) -> Chart | None:
    """Curves over the epochs, `fractions` of them as per cent; None when there is nothing to draw.

    A scale that would squeeze the small curves against zero becomes logarithmic.
    """
    from matplotlib.ticker import MaxNLocator

    drawn = [curve for curve in curves if curve.points]
    if not drawn:
        return None
    last = "; ".join(f"{curve.name} ends at {_written(curve.points[-1][1], fractions)}" for curve in drawn)
    with canvas(_WIDTH, 2.5) as figure:
        axes = figure.add_subplot()
        for curve in drawn:
            _draw_curve(axes, curve)
        _scale(axes, [value for curve in drawn for _, value in curve.points], fractions)
        axes.set_xlabel("epoch")
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _quiet(axes, "both")
        return Chart(title, to_svg(figure, key, f"{title} over the epochs. {last}"), tuple(drawn))


def _draw_curve(axes: "Axes", curve: Curve) -> None:
    epochs, values = zip(*curve.points, strict=True)
    dash = tuple(float(length) for length in curve.dash.split())
    marker = "o" if len(epochs) == 1 else None
    axes.plot(epochs, values, color=COLOURS[curve.colour], marker=marker, linestyle=(0, dash) if dash else "-")


def _written(value: float, fraction: bool) -> str:
    return percent(value) if fraction else f"{value:.3g}"


def _scale(axes: "Axes", values: Sequence[float], fractions: bool) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

    if fractions:
        axes.set_ylim(0, min(1.0, 1.15 * max(max(values), 0.05)))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None, symbol="\N{NO-BREAK SPACE}%"))
    elif min(values) > 0 and max(values) > 30 * min(values):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(bottom=min(0.0, *values), top=None)


def _quiet(axes: "Axes", grid: str) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(which="both", length=0)
    axes.grid(visible=True, axis="both" if grid == "both" else "x")


def loss_chart(epochs: Sequence[Epoch], *, key: str = "loss") -> Chart | None:
    """The total loss and each named part over the epochs; None when the journal holds none."""
    names = loss_names(epochs)
    styles = zip(names, styles_for(len(names)), strict=True)
    curves = [
        Curve("total" if name == "loss" else name, [(e.number, e.loss[name]) for e in epochs if name in e.loss], *style)
        for name, style in styles
    ]
    return curve_chart(curves, key=key, title="Losses", fractions=False)


def accuracy_chart(epochs: Sequence[Epoch], teacher: Mapping[str, float], *, key: str = "accuracy") -> Chart | None:
    """Accuracy on seen and unseen classes over the evaluated epochs, the teacher's as level dashed lines."""
    colours = {"id": "seen", "ood_zero_shot": "unseen"}
    measured = in_order(name for epoch in epochs for name in epoch.accuracy if name in colours)
    curves = []
    for name in measured:
        points = accuracy_points(epochs, name)
        curves.append(Curve(label_of(name), points, colours[name]))
        if name in teacher:
            level = [(0, teacher[name]), (points[-1][0], teacher[name])]
            curves.append(Curve(f"{label_of(name)}, teacher", level, colours[name], _DASHES[1]))
    return curve_chart(curves, key=key, title="Accuracy", fractions=True)


def agreement_chart(epochs: Sequence[Epoch], *, key: str = "agreement") -> Chart | None:
    """Agreement with the teacher over the evaluated epochs, but for the angle; None when none was measured."""
    names = [name for name in AGREEMENT if name != "degrees" and any(name in epoch.agreement for epoch in epochs)]
    curves = [
        Curve(name, [(epoch.number, epoch.agreement[name]) for epoch in epochs if name in epoch.agreement], *style)
        for name, style in zip(names, styles_for(len(names)), strict=True)
    ]
    return curve_chart(curves, key=key, title="Agreement with the teacher", fractions=False)


def accuracy_points(epochs: Sequence[Epoch], measure: str) -> list[tuple[int, float]]:
    """(epoch, accuracy) of every epoch at which `measure` was evaluated."""
    return [(epoch.number, epoch.accuracy[measure]) for epoch in epochs if measure in epoch.accuracy]


def styles_for(count: int) -> list[tuple[str, str]]:
    """(colour, dash) for `count` curves of equal standing, told apart by colour first, then by dashes."""
    return [(SERIES[place % len(SERIES)], _DASHES[place // len(SERIES) % len(_DASHES)]) for place in range(count)]
