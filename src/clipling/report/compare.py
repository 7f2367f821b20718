"""Several runs side by side on one page: one table, bars, curves laid over each other, the settings that differ."""

from collections.abc import Sequence
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.files import write_text
from clipling.report.figures import Bar, Chart, Curve, accuracy_points, bar_chart, curve_chart, styles_for
from clipling.report.measures import label_of
from clipling.report.page import render
from clipling.report.record import RunRecord, read_run
from clipling.report.tables import (
    COLUMNS,
    cell_text,
    columns_of,
    differing_settings,
    experiment,
    results_table,
    seeds_text,
)
from clipling.report.words import chance

_COMPARED = ("ood_zero_shot", "id")


def write_comparison(runs: Sequence[Path], out: Path) -> Path:
    """Write the page that compares finished runs to `out` (into `comparison.html` where `out` is a folder).

    Returns the path of the page. Raises InputError without runs, for a run given twice (its figures would count twice),
    and as `read_run` does.
    """
    _check(runs)
    records = [read_run(run) for run in runs]
    names = run_names(runs)
    rows = results_table(records)
    columns = columns_of(rows)
    table = [(row, seeds_text(row), [(COLUMNS[key], cell_text(row.cells.get(key))) for key in columns]) for row in rows]
    settings = [
        (field, [experiment(record).get(field, "not set") for record in records])
        for field in differing_settings(records)
    ]
    target = out / "comparison.html" if out.is_dir() else out
    content = {"names": names, "table": table, "columns": [COLUMNS[column] for column in columns], "settings": settings}
    charts = {"bars": _bars(records, names), "curves": _curves(records, names), "cautions": cautions(records)}
    write_text(target, render("compare.html", **content, **charts))
    return target


def _check(runs: Sequence[Path]) -> None:
    if not runs:
        raise InputError("no run was given; name at least one folder of a finished run")
    places = [run.resolve() for run in runs]
    twice = [run for run, place in zip(runs, places, strict=True) if places.count(place) > 1]
    if twice:
        raise InputError(f"{twice[0]}: this run was given twice and would count twice; name each run once")


def run_names(runs: Sequence[Path]) -> list[str]:
    """A name for each run: the shortest end of its path that no other one shares."""
    parts = [run.resolve().parts for run in runs]
    longest = max(len(part) for part in parts)
    for length in range(1, longest + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return [str(run) for run in runs]


def cautions(records: Sequence[RunRecord]) -> list[str]:
    """What keeps these runs from being compared figure by figure; empty when nothing does."""
    found = []
    if len({frozenset(item.label for item in record.unseen) for record in records}) > 1:
        found.append("The runs hold out different classes: their figures on unseen classes answer different questions.")
    if len({frozenset(item.label for item in record.classes) for record in records}) > 1:
        found.append("The runs know different classes, so that the same accuracy is not equally hard to reach.")
    if len({record.teacher_name for record in records}) > 1:
        found.append("The runs had different teachers; compare each with its own teacher's figures.")
    return found


def _bars(records: Sequence[RunRecord], names: Sequence[str]) -> list[Chart]:
    charts = []
    for measure in _COMPARED:
        bars = [
            Bar(
                name,
                record.accuracy_bundle[measure],
                "seen" if measure == "id" else "unseen",
                interval=record.intervals.get(measure),
                ceiling=record.teacher.get(measure),
                chance=chance(record, measure),
            )
            for name, record in zip(names, records, strict=True)
            if measure in record.accuracy_bundle
        ]
        if bars:
            charts.append(bar_chart(bars, key=f"bars-{measure}", title=f"{label_of(measure)}: the shipped students"))
    return charts


def _curves(records: Sequence[RunRecord], names: Sequence[str]) -> list[Chart]:
    styles = styles_for(len(records))
    charts = []
    for measure in _COMPARED:
        curves = [
            Curve(name, accuracy_points(record.epochs, measure), *style)
            for name, record, style in zip(names, records, styles, strict=True)
        ]
        charts.append(curve_chart(curves, key=f"curve-{measure}", title=label_of(measure), fractions=True))
    losses = [
        Curve(name, [(epoch.number, epoch.loss["loss"]) for epoch in record.epochs if "loss" in epoch.loss], *style)
        for name, record, style in zip(names, records, styles, strict=True)
    ]
    charts.append(curve_chart(losses, key="curve-loss", title="Total loss", fractions=False))
    return [chart for chart in charts if chart]
