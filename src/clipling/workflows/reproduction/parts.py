"""The parts of a job: what each does in the run's folder, and the figures it leaves for the record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipling.data.split import write_split
from clipling.locks import locked
from clipling.workflows.coherence import coherence
from clipling.workflows.distill import distill
from clipling.workflows.few_shots.shots import Method
from clipling.workflows.fewshot import fewshot
from clipling.workflows.reproduction.job import SHOTS, Job
from clipling.workflows.run import Run

Figures = dict[str, float]
_NOT_FIGURES = ("schema", "seed", "epochs_averaged", "per_class", "confused", "intervals")


@dataclass(frozen=True)
class Part:
    """Measure something of a job in the folder of its run, and say what it came to, under flat keys."""

    measure: Callable[[Job, Run], Figures]
    of_student: bool = True
    """It asks the trained student, and so needs the run."""


def train_student(job: Job, run: Run) -> Figures:
    """Train the student, or go on, or find it trained; what is shared with other runs lies beside them."""
    if not (run.folder / "results.json").exists():
        recipe = job.recipe
        distill(
            job.source.root,
            job.teacher,
            run.folder,
            split=written_split(job, run),
            recipe=recipe,
            student=job.experiment.student,
            image_size=job.budget.image_size,
            seed=job.seed,
            hardware=job.hardware,
            evaluate_every=recipe.epochs,
            resume=(run.folder / "config.yaml").exists(),
        )
    return flat({key: value for key, value in run.results.items() if key not in _NOT_FIGURES})


def written_split(job: Job, run: Run) -> Path:
    """The split of a job as a folder, beside the runs."""
    folder = run.folder.parent / "splits" / f"{job.source.name}-{job.source.hash[:8]}"
    with locked(folder.with_name(f".{folder.name}.lock")):  # jobs on several GPUs share it
        if not (folder / "split.json").exists():
            write_split(job.source.split, folder)
    return folder


def _few_shot(method: Method, *, half: bool = False) -> Part:
    def measure(job: Job, run: Run) -> Figures:
        epochs = None if method == "retrieval" else job.budget.few_shot_epochs
        figures = fewshot(
            run,
            shots=SHOTS,
            method=method,
            draws=job.budget.draws,
            half=half,
            epochs=epochs,
            data=job.source.root,
            hardware=job.hardware,
        )
        return flat(figures.mean)

    return Part(measure)


def _compare_spaces(job: Job, run: Run) -> Figures:
    return flat(coherence(run, data=job.source.root, hardware=job.hardware).parts)


def _spread_of_texts(job: Job, run: Run) -> Figures:
    from clipling.workflows.reproduction.teacher import spread_of_texts

    return spread_of_texts(job, run)


def _ask_teacher(job: Job, run: Run) -> Figures:
    from clipling.workflows.reproduction.teacher import zero_shot_of_teacher  # torch loads here, not for --help

    return zero_shot_of_teacher(job, run)


def _student_by_text(job: Job, run: Run) -> Figures:
    from clipling.workflows.reproduction.other_texts import student_by_text

    return flat(student_by_text(job, run))


def _teacher_by_text(job: Job, run: Run) -> Figures:
    from clipling.workflows.reproduction.other_texts import teacher_by_text

    return flat(teacher_by_text(job, run))


def flat(value: Mapping[str, Any], prefix: str = "") -> Figures:
    """Nested figures under joined keys: `{"a": {"b": 1}}` becomes `{"a/b": 1.0}`."""
    found: Figures = {}
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            found |= flat(inner, f"{prefix}{key}/")
        elif isinstance(inner, int | float):
            found[prefix + key] = float(inner)
    return found


PARTS: dict[str, Part] = {
    "student": Part(train_student),
    "coherence": Part(_compare_spaces),
    "finetune": _few_shot("finetune"),
    "retrieval": _few_shot("retrieval"),
    "half": _few_shot("finetune", half=True),
    "other_texts": Part(_student_by_text),
    "teacher": Part(_ask_teacher, of_student=False),
    "texts": Part(_spread_of_texts, of_student=False),
    "teacher_other_texts": Part(_teacher_by_text, of_student=False),
}
"""By the words that rows of a table use."""
