"""A table or figure of the paper by one command: what is missing is run, then it is written as the paper prints it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import Parameter

from clipling.contracts.errors import InputError, unknown
from clipling.contracts.limits import require_seed
from clipling.files import write_text
from clipling.plain import visible
from clipling.recipes.budgets import BUDGETS, Budget
from clipling.recipes.matrix import TEACHERS, Table
from clipling.recipes.tables import TABLES
from clipling.report.measures import duration
from clipling.report.paper_tables import PaperTable, table_csv, table_latex, table_markdown
from clipling.training.config import Hardware
from clipling.workflows.listed import listed
from clipling.workflows.reproduction.data import find_sources
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.matrix import chosen_rows, make_jobs, printed, shown
from clipling.workflows.reproduction.time import seconds_of, speeds
from clipling.workflows.reproduction.work import each, parts_to_do, visible_gpus, worker

T = TypeVar("T")
_NO_UMAP = "the planes need umap-learn, which is not installed: pip install 'clipling[figures]'"
Several = Annotated[Sequence[T], Parameter(consume_multiple=True)]
"""Values that follow one another on the command line: `--seeds 0 1 2`."""
FORMATS: dict[str, Callable[[PaperTable], str]] = {"md": table_markdown, "tex": table_latex, "csv": table_csv}


@dataclass(frozen=True)
class Reproduced:
    """A table, the files it was written to, what was left out, and what failed."""

    text: str
    files: tuple[Path, ...] = ()
    left_out: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """1 when something failed that had been begun."""
        return 1 if self.failed else 0

    def __rich__(self) -> str:
        """What a terminal shows."""
        told = [f"left out: {line}" for line in self.left_out] + [f"failed: {line}" for line in self.failed]
        return "\n".join([self.text, *map(visible, told), *map(str, self.files)])


def reproduce(
    table: str,
    *,
    data: Several[Path | str] = (Path("datasets"),),
    split: Path | str | None = None,
    teacher: str = TEACHERS["large"],
    small_teacher: str | None = None,
    student: str | None = None,
    budget: str = "paper",
    image_size: int | None = None,
    seeds: Several[int] = (0, 1, 2),
    rows: Several[str] = (),
    out: Path | str = "runs/reproduced",
    records: Path | str | None = None,
    hardware: Hardware = Hardware(),  # noqa: B008  frozen
    dry_run: bool = False,
) -> Reproduced:
    """Make a table or figure of the paper: run what is missing, print it beside the published numbers.

    Give the command again to go on after it was stopped: what is recorded is not run again.

    Parameters
    ----------
    table
        table1 to table11, figure1, figure2b, figure4, zero_shot (Table 1 without few shots), ledger: the matrix
        behind docs/results/claims.md, or text_claims: its part that hangs on the teacher's texts. table12 has options
        of its own: `clipling reproduce table12 --help`.
    data
        Folders of data sets, as `clipling data fetch` fills them, or data sets of one's own.
    split
        Split of a data set of one's own; by default the folder split, splits/paper or splits/0 in it.
    teacher
        In place of the paper's ViT-L/14.
    small_teacher
        In place of the paper's RN50; rows with it are left out when --teacher is one's own and this is not given.
    student
        In place of the resnet18 of most rows.
    budget
        Share of the paper's training: tiny, small or paper.
    image_size
        Side of the student's square input in pixels, in place of the budget's; for data sets of small images.
    seeds
        Every row is trained with each; all rows of the first come first.
    rows
        Only these rows, by name.
    out
        Folder of the runs and of the table.
    records
        Folder of the records, a small file for each run; by default `records` in `out`.
    hardware
        Where and how it runs. With several GPUs, a run on each at a time.
    dry_run
        Say what would run, and for about how long; write nothing.

    """
    data, seeds, rows = listed(data), listed(seeds), listed(rows)
    share = _share(table, budget, image_size, seeds)
    out = Path(out).resolve()
    kept = Path(records).resolve() if records else out / "records"
    folders = [Path(folder) for folder in data]
    sources, left_out = find_sources(TABLES[table], folders, Path(split) if split else None, share.images_per_class)
    chosen = chosen_rows(TABLES[table], rows, student)
    own = teacher != TEACHERS["large"]
    teachers = {"large": teacher, "small": small_teacher or ("" if own else TEACHERS["small"])}
    jobs = make_jobs(chosen, sources, teachers, budget=share, seeds=seeds, hardware=hardware)
    lacking = [(job, job.lacks()) for job in jobs.values()]
    left_out += sorted({f"{job.experiment.label} on {job.source.name}: {why}" for job, why in lacking if why})
    able = [job for job, why in lacking if not why]
    if not able:
        raise InputError(f"{table}: none of its rows can be made:", lines=left_out)
    if chosen.drawing == "planes" and find_spec("umap") is None:
        if not dry_run:
            raise InputError(_NO_UMAP)
        left_out.append(_NO_UMAP)
    if dry_run:
        asked = _asked(chosen, able, out, kept)
        return Reproduced(_forecast(asked, len(jobs), kept, hardware), (), tuple(left_out), ())
    todo = [job for job in able if job.missing(kept)]
    failed = _carry_out(todo, out, kept, hardware)
    paper_table = printed(chosen, sources, jobs, kept, _conditions(budget, share, chosen, teachers["large"], seeds))
    files = [out / f"{table}.{ending}" for ending in FORMATS]
    for path, write in zip(files, FORMATS.values(), strict=True):
        write_text(path, write(paper_table))
    if chosen.drawing and not failed:
        from clipling.workflows.reproduction.figures import DRAWINGS

        files += DRAWINGS[chosen.drawing](paper_table, able, kept, out / table)
    return Reproduced(table_markdown(paper_table), tuple(files), tuple(left_out), tuple(failed))


def _share(table: str, budget: str, image_size: int | None, seeds: Sequence[int]) -> Budget:
    """How much is trained; names that are none, sizes and seeds that cannot be meant are rejected."""
    if table not in TABLES:
        raise unknown("table", table, TABLES)
    if budget not in BUDGETS:
        raise unknown("budget", budget, BUDGETS)
    require_seeds(seeds)
    if image_size is None:
        return BUDGETS[budget]
    if image_size < 16:
        raise InputError(f"image_size is {image_size}; expected at least 16 pixels, such as 32 or 224")
    return replace(BUDGETS[budget], image_size=image_size)


def require_seeds(seeds: Sequence[int]) -> None:
    """Raise InputError for seeds that cannot be meant."""
    for seed in seeds:
        require_seed(seed, "seeds")
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"seeds are {tuple(seeds)}; expected different numbers from 0 on")


def _carry_out(todo: Sequence[Job], out: Path, records: Path, hardware: Hardware) -> list[str]:
    """Do the jobs; what went wrong with those that failed comes back."""
    from clipling.workflows.console import say  # torch loads here, not for --help

    failed = []
    gpus = visible_gpus(hardware.accelerator) if todo else []
    for done, (job, error) in enumerate(each(worker(out, records), todo, gpus), 1):
        say(f"{done} of {len(todo)}: {job.name}" + (f" failed: {error}" if error else ""))
        if error:
            failed.append(f"{job.name}: {error}")
    return failed


def _asked(table: Table, able: list[Job], out: Path, records: Path) -> list[tuple[Job, tuple[str, ...]]]:
    """The jobs, each with the parts to do, for the records or for the figure that is drawn."""
    drawn: list[Job] = []
    if table.drawing == "planes":
        from clipling.workflows.reproduction.figures import drawn_from

        drawn = drawn_from(able)
    return [(job, parts_to_do(job, out, records, drawn=job in drawn)) for job in able]


def _forecast(asked: Sequence[tuple[Job, tuple[str, ...]]], jobs: int, records: Path, hardware: Hardware) -> str:
    """What would run and for about how long, one job a line."""
    speed_of = speeds(records, hardware)
    todo = [(job, parts) for job, parts in asked if parts]
    lines, total = [], 0.0
    for job, parts in todo:
        speed = speed_of(job)
        seconds = seconds_of(job, parts, speed)
        total += seconds
        known = f"{speed.images_per_second:,.0f} images/s by {speed.source}" if job.experiment.recipe else "no training"
        lines.append(f"{job.name}: {', '.join(parts)}; about {duration(seconds)} ({known})")
    lines.append(f"{len(todo)} of {jobs} jobs to do, about {duration(total)} on one device; decoding images and")
    return "\n".join([*lines[:-1], f"{lines[-1]} the teacher's features come on top"])


def _conditions(budget: str, share: Budget, table: Table, teacher: str, seeds: Sequence[int]) -> str:
    """Under which conditions our numbers came about."""
    epochs = f"{share.epochs} epoch{'s' if share.epochs > 1 else ''}" if share.epochs else "the recipe's epochs"
    images = f"{share.images_per_class} images a class" if share.images_per_class else "all images"
    students = dict.fromkeys(row.experiment.student for row in table.rows if row.experiment.recipe)
    return (
        f"Ours: budget {budget} ({epochs}, {images}, {share.image_size} px), teacher {shown(teacher)}, "
        f"student {', '.join(students) or 'none'}, seeds {', '.join(map(str, seeds))}; mean ± standard deviation over "
        "the seeds."
    )
