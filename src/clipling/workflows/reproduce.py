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
from clipling.recipes.matrix import TEACHERS
from clipling.report.paper_tables import PaperTable, table_csv, table_latex, table_markdown
from clipling.training.config import Hardware
from clipling.workflows.listed import listed
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.matrix import printed
from clipling.workflows.reproduction.plan import Plan, forecast, make_plan
from clipling.workflows.reproduction.work import each, visible_gpus, worker

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
    tables: tuple[PaperTable, ...] = ()

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
        behind docs/results/claims.md, or text_claims: its part that hangs on the teacher's texts. table12, and all of
        them on one page, have options of their own: `clipling reproduce table12 --help`, `clipling reproduce all
        --help`.
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
    tell_untrained(teacher, small_teacher)
    out, kept = places(out, records)
    plan = make_plan(
        table,
        data=listed(data),
        split=split,
        teacher=teacher,
        small_teacher=small_teacher,
        student=student,
        share=share_of(budget, image_size, listed(seeds)),
        seeds=listed(seeds),
        rows=listed(rows),
        hardware=hardware,
    )
    if not dry_run:
        return make_table(plan, out, kept)
    return Reproduced(forecast([plan], out, kept, hardware), (), (*plan.left_out, *lacking_umap(plan)), ())


def tell_untrained(*teachers: str | None) -> None:
    """Say which of the teachers have random weights. Raises InputError for an architecture that there is not."""
    from clipling.workflows.towers import say_untrained  # torch loads here, not for --help

    for teacher in filter(None, teachers):
        say_untrained(teacher)


def places(out: Path | str, records: Path | str | None) -> tuple[Path, Path]:
    """The folders of the runs and of the records."""
    out = Path(out).resolve()
    return out, Path(records).resolve() if records else out / "records"


def lacking_umap(plan: Plan) -> tuple[str, ...]:
    """What is said where the package that draws the plan's planes is not installed."""
    return (_NO_UMAP,) if plan.table.drawing == "planes" and find_spec("umap") is None else ()


def make_table(plan: Plan, out: Path, records: Path) -> Reproduced:
    """Run what is missing of a table, print it, and write its files into `out`."""
    if lacking := lacking_umap(plan):
        raise InputError(*lacking)
    failed = _carry_out([job for job in plan.able if job.missing(records)], out, records)
    paper_table = printed(plan.table, plan.sources, plan.jobs, records, plan.conditions)
    files = [out / f"{plan.name}.{ending}" for ending in FORMATS]
    for path, write in zip(files, FORMATS.values(), strict=True):
        write_text(path, write(paper_table))
    if plan.table.drawing and not failed:
        from clipling.workflows.reproduction.figures import DRAWINGS

        files += DRAWINGS[plan.table.drawing](paper_table, plan.able, records, out / plan.name)
    text = table_markdown(paper_table)
    return Reproduced(text, tuple(files), plan.left_out, tuple(failed), (paper_table,))


def share_of(budget: str, image_size: int | None, seeds: Sequence[int]) -> Budget:
    """How much is trained; names that are none, sizes and seeds that cannot be meant are rejected."""
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


def _carry_out(todo: Sequence[Job], out: Path, records: Path) -> list[str]:
    """Do the jobs; what went wrong with those that failed comes back."""
    from clipling.workflows.console import say  # torch loads here, not for --help

    failed = []
    gpus = visible_gpus(todo[0].hardware.accelerator) if todo else []
    for done, (job, error) in enumerate(each(worker(out, records), todo, gpus), 1):
        say(f"{done} of {len(todo)}: {job.name}" + (f" failed: {error}" if error else ""))
        if error:
            failed.append(f"{job.name}: {error}")
    return failed
