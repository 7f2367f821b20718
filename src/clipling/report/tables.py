"""Several runs in one table: the same experiment with several seeds is one row, its mean and standard deviation.

Figures are `accuracy`, the mean of each run's last epochs, as papers print them. Two runs are the same experiment when
their settings agree in all but the seed, the places of files and the hardware.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from clipling.contracts.errors import InputError
from clipling.markdown import markdown_table
from clipling.report import fields
from clipling.report.record import RunRecord

COLUMNS = {
    "id": "Seen (ID)",
    "ood_zero_shot": "Unseen (zero-shot OOD)",
    "harmonic_mean": "H",
    "kept_id": "Teacher kept, seen",
    "kept_ood_zero_shot": "Teacher kept, unseen",
    "same_answer": "Same answer as the teacher",
    "m_rel": "Nearest to its own teacher feature",
}
"""Every column a cell may stand in, with its heading."""

_NOT_THE_EXPERIMENT = ("seed", "out", "hardware", "logger", "features", "guards", "evaluate_every")


@dataclass(frozen=True)
class Cell:
    """A mean over `count` runs, as a fraction, and their standard deviation (None for a single run)."""

    mean: float
    deviation: float | None
    count: int


@dataclass(frozen=True)
class Row:
    """One experiment or one teacher; `cells` holds what was measured, by the keys of `COLUMNS`."""

    name: str
    recipe: str
    seeds: tuple[int | None, ...]
    cells: dict[str, Cell]
    is_teacher: bool = False


def results_table(records: Sequence[RunRecord]) -> list[Row]:
    """The rows for these runs, experiments in the order of their first run, then the teachers.

    Experiments of the same recipe are named with the settings they differ in. Raises InputError without any run.
    """
    if not records:
        raise InputError("no run was given; name at least one folder of a finished run")
    groups: dict[tuple[tuple[str, str], ...], list[RunRecord]] = {}
    for record in records:
        groups.setdefault(tuple(sorted(experiment(record).items())), []).append(record)
    rows = []
    for runs in groups.values():
        first = runs[0]
        namesakes = [other[0] for other in groups.values() if other[0].recipe == first.recipe]
        different = differing_settings(namesakes)
        told = ", ".join(f"{field} {experiment(first).get(field, 'not set')}" for field in different)
        name = f"{first.recipe} ({told})" if told else first.recipe
        rows.append(Row(name, first.recipe, tuple(run.seed for run in runs), _cells(runs)))
    return rows + _teacher_rows(records)


def experiment(record: RunRecord) -> dict[str, str]:
    """The settings that make a run the experiment it is: flat names and values as text."""
    kept = {field: value for field, value in record.config.items() if field not in _NOT_THE_EXPERIMENT}
    return _flat(kept)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for field, value in settings.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{field}."))
        else:
            flat[f"{prefix}{field}"] = str(value)
    return flat


def differing_settings(records: Sequence[RunRecord]) -> list[str]:
    """The settings in which these runs are not all alike, sorted."""
    settings = [experiment(record) for record in records]
    fields = {field for setting in settings for field in setting}
    return sorted(field for field in fields if len({setting.get(field) for setting in settings}) > 1)


def _cells(runs: Sequence[RunRecord]) -> dict[str, Cell]:
    found = {
        "id": [run.accuracy.get("id") for run in runs],
        "ood_zero_shot": [run.accuracy.get("ood_zero_shot") for run in runs],
        "harmonic_mean": [run.accuracy.get("harmonic_mean") for run in runs],
        "kept_id": [run.teacher_kept.get("id") for run in runs],
        "kept_ood_zero_shot": [run.teacher_kept.get("ood_zero_shot") for run in runs],
    }
    for key in ("same_answer", "m_rel"):
        found[key] = [run.agreement.mean.get(key) if run.agreement else None for run in runs]
    measured = {column: [value for value in values if value is not None] for column, values in found.items()}
    return {column: _cell(values) for column, values in measured.items() if values}


def _cell(values: Sequence[float]) -> Cell:
    return Cell(fmean(values), stdev(values) if len(values) > 1 else None, len(values))


def _teacher_rows(records: Sequence[RunRecord]) -> list[Row]:
    rows: list[Row] = []
    for record in records:
        measured = {column: Cell(record.teacher[column], None, 1) for column in COLUMNS if column in record.teacher}
        row = Row(f"teacher: {record.teacher_name}{_asked_with(record)}", "", (), measured, is_teacher=True)
        if measured and row not in rows:
            rows.append(row)
    return rows


def _asked_with(record: RunRecord) -> str:
    """What the teacher's class texts hold besides the names, as the run's settings have it."""
    descriptions = fields.mapping(record.folder, "text", record.config.get("text")).get("descriptions", "none")
    return "" if descriptions == "none" else f", descriptions {descriptions}"


def columns_of(rows: Sequence[Row]) -> list[str]:
    """The columns in which any row has a cell, in their order: what was never measured takes no room."""
    return [column for column in COLUMNS if any(column in row.cells for row in rows)]


def cell_text(cell: Cell | None, digits: int = 1) -> str:
    """A cell in per cent: '38.2', '38.2 ± 0.4 (3)' for three runs, and a dash for what was not measured."""
    if cell is None:
        return "–"
    text = f"{100 * cell.mean:.{digits}f}"
    return text if cell.deviation is None else f"{text} ± {100 * cell.deviation:.{digits}f} ({cell.count})"


def seeds_text(row: Row) -> str:
    """The seeds of a row: '0, 1, 2'; a dash for a teacher and where none was recorded."""
    return ", ".join(str(seed) for seed in row.seeds if seed is not None) or "–"


def to_markdown(rows: Sequence[Row], digits: int = 1) -> str:
    """The rows as a Markdown table, figures in per cent, mean ± standard deviation (number of runs)."""
    columns = columns_of(rows)
    return markdown_table(
        "ll" + "r" * len(columns),
        ["Run", "Seeds", *(COLUMNS[column] for column in columns)],
        [
            [row.name, seeds_text(row), *(cell_text(row.cells.get(column), digits) for column in columns)]
            for row in rows
        ],
    )
