"""The figures among the tables: from the printed table, from records, or from the runs themselves."""

from collections.abc import Callable, Sequence
from pathlib import Path

from clipling.report.paper_figures import draw_steps
from clipling.report.paper_tables import PaperTable
from clipling.report.space import Panel, figure2b, figure4
from clipling.workflows.reproduce_job import Job
from clipling.workflows.reproduce_parts import train_student
from clipling.workflows.run import Run

Drawing = Callable[[PaperTable, Sequence[Job], Path, Path], list[Path]]
"""(the table, its jobs, the folder of records, the file without its ending) -> the files written."""
_CLASSES = 10
"""Classes on a plane: the first of the unseen ones, in the order of their names."""


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
    from clipling.evaluation.projection import project
    from clipling.workflows.spaces import encode_run

    first = [job for job in jobs if (job.source, job.seed) == (jobs[0].source, jobs[0].seed) and not job.lacks()]
    panels, classes = [], list[str]()
    for job in first:
        run = Run(place.parent / job.name)
        train_student(job, run)
        space = encode_run(run, job.source.root, job.hardware, parts=("ood",))
        split = space.inputs.split
        shown = split.unseen_classes[:_CLASSES]
        rows = [row for row, file in enumerate(split.ood) if split.labels[file] in shown]
        plane = project(space.student["ood"][rows], space.text("ood")[: len(shown)])
        labels = [shown.index(split.labels[split.ood[row]]) for row in rows]
        panels.append(Panel(job.experiment.recipe, plane.images.tolist(), labels, plane.texts.tolist()))
        classes = [space.inputs.names[label] for label in shown]
    return figure2b(panels, classes, place)


DRAWINGS: dict[str, Drawing] = {"steps": _steps, "spectrum": _spectrum, "planes": _planes}
"""By the words that tables use."""
