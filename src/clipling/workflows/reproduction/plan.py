"""A table of the paper before it is made: its jobs, what of it cannot be made, and how long the rest will take."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clipling.contracts.errors import InputError, unknown
from clipling.recipes.budgets import Budget
from clipling.recipes.matrix import TEACHERS, Table
from clipling.recipes.tables import TABLES
from clipling.report.measures import duration
from clipling.training.config import Hardware
from clipling.workflows.reproduction.data import Source, find_sources
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.matrix import Jobs, chosen_rows, make_jobs, shown
from clipling.workflows.reproduction.time import seconds_of, speeds
from clipling.workflows.reproduction.work import parts_to_do


@dataclass(frozen=True)
class Plan:
    """The rows of a table that were asked for, on the data sets that are there."""

    name: str
    table: Table
    sources: tuple[Source, ...]
    jobs: Jobs
    able: tuple[Job, ...]
    """Those that can be begun."""
    left_out: tuple[str, ...]
    """Why the others cannot."""
    conditions: str

    def asked(self, out: Path, records: Path) -> list[tuple[Job, tuple[str, ...]]]:
        """Its jobs, each with the parts to do, for the records or for the figure that is drawn."""
        drawn: list[Job] = []
        if self.table.drawing == "planes":
            from clipling.workflows.reproduction.figures import drawn_from

            drawn = drawn_from(self.able)
        return [(job, parts_to_do(job, out, records, drawn=job in drawn)) for job in self.able]


def make_plan(
    name: str,
    *,
    data: Sequence[Path | str],
    split: Path | str | None,
    teacher: str,
    small_teacher: str | None,
    student: str | None,
    share: Budget,
    seeds: Sequence[int],
    rows: Sequence[str] = (),
    hardware: Hardware,
) -> Plan:
    """The plan of a table, by its name. Raises InputError where no row of it can be made."""
    if name not in TABLES:
        raise unknown("table", name, TABLES)
    folders = [Path(folder) for folder in data]
    sources, left_out = find_sources(TABLES[name], folders, Path(split) if split else None, share.images_per_class)
    table = chosen_rows(TABLES[name], rows, student)
    own = teacher != TEACHERS["large"]
    teachers = {"large": teacher, "small": small_teacher or ("" if own else TEACHERS["small"])}
    jobs = make_jobs(table, sources, teachers, budget=share, seeds=seeds, hardware=hardware)
    lacking = [(job, job.lacks()) for job in jobs.values()]
    left_out += sorted({f"{job.experiment.label} on {job.source.name}: {why}" for job, why in lacking if why})
    able = tuple(job for job, why in lacking if not why)
    if not able:
        raise InputError(f"{name}: none of its rows can be made:", lines=left_out)
    return Plan(
        name, table, tuple(sources), jobs, able, tuple(left_out), _conditions(share, table, teachers["large"], seeds)
    )


def forecast(plans: Sequence[Plan], out: Path, records: Path, hardware: Hardware) -> str:
    """What would run for all these tables and for about how long, one job a line; what they share runs once."""
    able: dict[str, Job] = {}
    parts: dict[str, dict[str, None]] = {}
    for plan in plans:
        for job, wanted in plan.asked(out, records):
            able[job.name] = job
            parts.setdefault(job.name, {}).update(dict.fromkeys(wanted))
    speed_of = speeds(records, hardware)
    lines, total = [], 0.0
    for name, job in able.items():
        if not parts[name]:
            continue
        speed = speed_of(job)
        seconds = seconds_of(job, (*parts[name],), speed)
        total += seconds
        known = f"{speed.images_per_second:,.0f} images/s by {speed.source}" if job.experiment.recipe else "no training"
        lines.append(f"{name}: {', '.join(parts[name])}; about {duration(seconds)} ({known})")
    jobs = {key for plan in plans for key in plan.jobs}
    lines.append(f"{len(lines)} of {len(jobs)} jobs to do, about {duration(total)} on one device; decoding images and")
    return "\n".join([*lines[:-1], f"{lines[-1]} the teacher's features come on top"])


def _conditions(share: Budget, table: Table, teacher: str, seeds: Sequence[int]) -> str:
    """Under which conditions our numbers came about."""
    epochs = f"{share.epochs} epoch{'s' if share.epochs > 1 else ''}" if share.epochs else "the recipe's epochs"
    images = f"{share.images_per_class} images a class" if share.images_per_class else "all images"
    students = dict.fromkeys(row.experiment.student for row in table.rows if row.experiment.recipe)
    return (
        f"Ours: budget {share.name} ({epochs}, {images}, {share.image_size} px), teacher {shown(teacher)}, "
        f"student {', '.join(students) or 'none'}, seeds {', '.join(map(str, seeds))}; mean ± standard deviation over "
        "the seeds."
    )
