"""The matrix of a table: a job for each experiment, data set and seed, in the order in which they are done."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from clipling.contracts.errors import unknown
from clipling.data.sets.catalogue import data_set, data_sets
from clipling.recipes.budgets import Budget
from clipling.recipes.matrix import STUDENT, TEACHERS, Experiment, Measure, Row, Table
from clipling.report.paper_tables import PaperCell, PaperTable, over_data_sets, over_seeds
from clipling.report.published import published
from clipling.report.records import Record
from clipling.training.config import Hardware
from clipling.workflows.reproduction.data import Source
from clipling.workflows.reproduction.job import Job

Key = tuple[str, Experiment, int]
"""Data set, experiment, seed."""
Jobs = dict[Key, Job]
BySeed = dict[int, float]
_IN_BRACKETS = (
    "In brackets: as published (arXiv 2307.03135 v1), teacher ViT-L/14, student ResNet18 where the row names no other, "
    "224 px, 90 epochs; beside a data set that is not the paper's, its average over six, to compare orders with, not "
    "heights."
)


def chosen_rows(table: Table, wanted: Sequence[str], student: str | None) -> Table:
    """The table with these of its rows (all, for none), and with another student in place of the usual one.

    Raises InputError for a row that the table has not, with the nearest.
    """
    known = dict.fromkeys(name for row in table.rows for name in (row.name, row.experiment.label))
    for name in wanted:
        if name not in known:
            raise unknown("row", name, known)
    rows = [row for row in table.rows if not wanted or {row.name, row.experiment.label} & set(wanted)]
    if student:
        rows = [
            replace(row, experiment=replace(row.experiment, student=student))
            if row.experiment.recipe and row.experiment.student == STUDENT
            else row
            for row in rows
        ]
    return replace(table, rows=tuple(rows))


def make_jobs(
    table: Table,
    sources: Sequence[Source],
    teachers: Mapping[str, str],
    *,
    budget: Budget,
    seeds: Sequence[int],
    hardware: Hardware,
) -> Jobs:
    """Every job of the table: all of the first seed before any of the second. A teacher alone is asked once."""
    parts: dict[Experiment, tuple[str, ...]] = {}
    for row in table.rows:
        needed = ("student", *row.parts) if row.experiment.recipe else row.parts
        parts[row.experiment] = tuple(dict.fromkeys((*parts.get(row.experiment, ()), *needed)))
    return {
        (source.name, experiment, seed): Job(
            source, experiment, teachers[experiment.teacher], budget, seed, needed, hardware
        )
        for seed in seeds
        for source in sources
        for experiment, needed in parts.items()
        if experiment.recipe or seed == seeds[0]
    }


def printed(table: Table, sources: Sequence[Source], jobs: Jobs, records: Path, conditions: str) -> PaperTable:
    """The table as far as it is recorded, each cell beside the published one where the paper has it.

    conditions: a note on how our numbers came about.
    """
    found = {key: job.record(records) for key, job in jobs.items() if not job.lacks()}
    ordered = sorted(sources, key=lambda source: _place(table, source))
    columns = [_heading(table, source, len(sources), heading) for source in ordered for heading in table.columns]
    averaged = table.average and len(sources) > 1
    rows = []
    for row in table.rows:
        values = {source.name: [_by_seed(found, row, source, one) for one in row.measures] for source in ordered}
        told = row.published if _is_comparable(row, jobs) else ""
        cells = [
            cell for name, numbers in values.items() for cell in _cells(table, numbers, _beside(table, told, name))
        ]
        if averaged:
            means = [over_data_sets(column) for column in zip(*values.values(), strict=True)]
            whole = {source.name for source in sources} == set(table.datasets)
            cells += _cells(table, means, published(told, "Average") if whole else ())
        rows.append((_name(row, jobs), tuple(cells)))
    beside = any(cell.published for _, cells in rows for cell in cells)
    about_published = (_IN_BRACKETS, *_split_here(sources), *((table.note,) if table.note else ()))
    notes = (conditions, *(about_published if beside else ()))
    return PaperTable(table.title, (*columns, *(("Average",) if averaged else ())), tuple(rows), table.digits, notes)


def _split_here(sources: Sequence[Source]) -> list[str]:
    """A note on each data set of the paper whose split was not published, so that ours is another."""
    names = [source.name for source in sources if source.name in data_sets() and not data_set(source.name).counts]
    return [
        f"{name}: the authors published no split; ours is another, and the numbers are of other classes"
        for name in names
    ]


def _beside(table: Table, row: str, dataset: str) -> tuple[float | None, ...]:
    """The published numbers for a data set; for one that is not the paper's, its average where it prints one."""
    return published(row, "Average" if table.average and dataset not in table.datasets else dataset)


def _by_seed(found: Mapping[Key, Record], row: Row, source: Source, measure: Measure | None) -> BySeed:
    if measure is None:
        return {}
    return {
        seed: record.figures[measure.part][measure.key] * measure.scale
        for (name, experiment, seed), record in found.items()
        if (name, experiment) == (source.name, row.experiment) and measure.key in record.figures.get(measure.part, {})
    }


def _cells(table: Table, numbers: Sequence[BySeed], told: Sequence[float | None]) -> list[PaperCell]:
    """The numbers of a row and a data set, dealt out to the table's columns."""
    each = len(numbers) // len(table.columns)
    return [
        PaperCell(
            tuple(over_seeds(values) for values in numbers[start : start + each]), tuple(told[start : start + each])
        )
        for start in range(0, len(numbers), each)
    ]


def _heading(table: Table, source: Source, sources: int, heading: str) -> str:
    if not heading:
        return source.name
    return heading if sources == 1 else f"{source.name}: {heading}"


def _place(table: Table, source: Source) -> int:
    return table.datasets.index(source.name) if source.name in table.datasets else len(table.datasets)


def _teacher_of(row: Row, jobs: Jobs) -> str:
    return next(job.teacher for (_, experiment, _), job in jobs.items() if experiment == row.experiment)


def _is_comparable(row: Row, jobs: Jobs) -> bool:
    """Whether a published number is about the same thing: a teacher's own row is about that teacher alone."""
    return bool(row.experiment.recipe) or _teacher_of(row, jobs) == TEACHERS[row.experiment.teacher]


def _name(row: Row, jobs: Jobs) -> str:
    return row.name.format(teacher=shown(_teacher_of(row, jobs) or TEACHERS[row.experiment.teacher]))


def shown(teacher: str) -> str:
    """A teacher's name without the place of a local folder."""
    return f"local-dir:{PurePath(teacher).name}" if teacher.startswith("local-dir:") else teacher
