"""The figures among the tables: from the printed table, from records, or from the runs themselves."""

from collections.abc import Callable, Sequence
from pathlib import Path

from clipling.report.paper_figures import draw_steps
from clipling.report.paper_tables import PaperTable
from clipling.report.space import figure4
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.parts import train_student
from clipling.workflows.reproduction.work import taken
from clipling.workflows.run import Run

Drawing = Callable[[PaperTable, Sequence[Job], Path, Path], list[Path]]
"""(the table, those of its jobs that can be made, the folder of records, the file without its ending) -> the files."""


def _steps(table: PaperTable, jobs: Sequence[Job], records: Path, place: Path) -> list[Path]:
    return draw_steps(table, ("Seen classes", "Unseen, zero-shot", "Unseen, 5 shots"), place)


def _spectrum(table: PaperTable, jobs: Sequence[Job], records: Path, place: Path) -> list[Path]:
    """Of the first data set, if there are several."""
    figures = jobs[0].record(records).figures["texts"]
    kinds = [key.partition("/")[2] for key in figures if key.startswith("mean_cosine/")]
    values = {kind: _in_order(figures, f"singular_values/{kind}/") for kind in kinds}
    return figure4(values, {kind: figures[f"mean_cosine/{kind}"] for kind in kinds}, place)


def _in_order(figures: dict[str, float], prefix: str) -> list[float]:
    ranks = sorted(int(key.removeprefix(prefix)) for key in figures if key.startswith(prefix))
    return [figures[f"{prefix}{rank}"] for rank in ranks]


def _planes(table: PaperTable, jobs: Sequence[Job], records: Path, place: Path) -> list[Path]:
    """Of the first data set and seed: one plane for each row, from the run, which is made anew where it is gone."""
    from clipling.workflows.reproduction.projection import draw_runs  # torch loads here, not for --help

    runs = {job.experiment.recipe: Run(place.parent / job.name) for job in drawn_from(jobs)}
    for job in drawn_from(jobs):
        with taken(job, place.parent):
            train_student(job, runs[job.experiment.recipe])
    return draw_runs(runs, place.parent, data=jobs[0].source.root, hardware=jobs[0].hardware)


def drawn_from(jobs: Sequence[Job]) -> list[Job]:
    """The jobs whose runs, not only their records, Figure 2b is drawn from."""
    return [job for job in jobs if (job.source, job.seed) == (jobs[0].source, jobs[0].seed)]


DRAWINGS: dict[str, Drawing] = {"steps": _steps, "spectrum": _spectrum, "planes": _planes}
"""By the words that tables use."""
