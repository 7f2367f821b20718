"""`clipling pickclutter table12`: Table 12 of the paper, beside the published one; what is missing is run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clipling.applications.pickclutter.recipes import METHODS, get_method
from clipling.applications.pickclutter.settings import OptimizerName, ScheduleName
from clipling.applications.pickclutter.table12_jobs import Job, forecast, record
from clipling.applications.pickclutter.table12_page import conditions, floor, written
from clipling.contracts.errors import InputError, refuse_below, require
from clipling.files import write_json, write_text
from clipling.report.paper_tables import table_markdown
from clipling.training.config import Hardware
from clipling.workflows.reproduce import FORMATS, Reproduced, Several, require_seeds
from clipling.workflows.reproduction.work import failure_of
from clipling.workflows.run import Run

_FILES = {
    "train": ("train.h5", "pickclutter_random_train_episodes_rgbd_512.h5"),
    "id": ("id.h5", "pickclutter_random_val_on_train_episodes_rgbd_512.h5"),
    "ood": ("ood.h5", "pickclutter_random_val_episodes_rgbd_512.h5"),
}
"""What the files of an experiment are called: by us, and by the authors' example scripts."""


def table12(
    *,
    data: Path | str,
    teacher: str = "ViT-L-14/openai",
    rows: Several[str] = (),
    seeds: Several[int] = (0, 1, 2),
    student: str = "efficientnet_b0",
    image_size: int = 224,
    epochs: int = 90,
    batch_size: int = 60,
    optimizer: OptimizerName = "sgd",
    lr: float = 1e-3,
    schedule: ScheduleName = "multi_step",
    prompt: int = 8,
    descriptions: Path | str | None = None,
    few_shot_epochs: int = 20,
    few_shot_batch_size: int = 46,
    few_shot_lr: float = 5e-4,
    shots: int = 50,
    out: Path | str = "runs/table12",
    pictures: int = 6,
    hardware: Hardware = Hardware(),  # noqa: B008  frozen
    dry_run: bool = False,
) -> Reproduced:
    """Make Table 12 of the paper: run what is missing, print it beside the published numbers.

    Give the command again to go on after it was stopped: what is finished is not run again.

    Parameters
    ----------
    data
        Folder with train.h5, id.h5, ood.h5 (or the authors' files) and, for the scenes to show, fewshot.h5; without
        it the first scenes of ood.h5 are shown and the others measured on.
    teacher
        In place of the paper's ViT-L/14.
    rows
        Only these: closed_set, cls, cls+im_cst, cls+im_cst+semantics.
    seeds
        Every row is trained with each; all rows of the first come first.
    student
        Any timm architecture, as in `train`.
    image_size
        Side of the square images the student sees, in pixels.
    epochs
        Of training.
    batch_size
        Scenes in a step.
    optimizer
        The optimizer of training and few shots.
    lr
        Learning rate of training (the highest one, under one_cycle).
    schedule
        Of the learning rate of training, as in `train`.
    prompt
        Learned vectors of each context; 0 for fixed sentences.
    descriptions
        descriptions.jsonl of all objects, as in `train`, for the rows with semantics.
    few_shot_epochs
        Of training on with the shots.
    few_shot_batch_size
        Scenes in a step, half of them shots.
    few_shot_lr
        Highest learning rate with the shots.
    shots
        Scenes to show, the first of their file.
    out
        Folder of the runs, the table and the pictures.
    pictures
        Scenes to draw for each row, the last of ood.h5: what was predicted and where it was looked for.
    hardware
        Where and how it runs.
    dry_run
        Say what would run, and for about how long; write nothing.

    """
    chosen = [*rows] or [*METHODS]
    if len(set(chosen)) < len(chosen):
        raise InputError(f"rows are {', '.join(chosen)}; expected each once")
    refuse_below(pictures=(pictures, 0))
    require_seeds(seeds)
    out, files = Path(out).resolve(), files_of(Path(data))
    apart = Path(data) / "fewshot.h5"
    shown = apart if apart.exists() else files["ood"]
    options = {
        **files,
        "teacher": teacher,
        "student": student,
        "image_size": image_size,
        "epochs": epochs,
        "batch_size": batch_size,
        "optimizer": optimizer,
        "lr": lr,
        "schedule": schedule,
        "prompt": prompt,
        "hardware": hardware,
        "descriptions": Path(descriptions) if descriptions else None,
    }
    later = {"epochs": few_shot_epochs, "batch_size": few_shot_batch_size, "lr": few_shot_lr, "hardware": hardware}
    jobs = [
        Job(row, seed, Run(out / "runs" / f"{row}-seed{seed}"), _options_of(row, options), shown, shots, later)
        for seed in seeds
        for row in chosen
    ]
    for job in jobs:
        job.check()
    _check_shots(shots, shown, apart=apart.exists())
    if dry_run:
        return Reproduced(forecast(jobs))
    failed = _carry_out(jobs)
    done = [job.place.results for job in jobs if "training" not in job.missing]
    notes = [conditions(options, later, shots, seeds, done[0]["scenes"] if done else {})]
    if done:  # a closed set asks for no unseen object
        notes.append(floor(files, **max((one["asked"] for one in done), key=lambda of: len(of["unseen"]))))
    tables = written(jobs, chosen, tuple(notes))
    made = [out / f"table12.{ending}" for ending in FORMATS]
    for path, write in zip(made, FORMATS.values(), strict=True):
        write_text(path, "\n".join(map(write, tables)))
    made.append(out / "table12.json")
    write_json(made[-1], record(jobs, files | {"shots": shown}, notes))
    if pictures:
        from clipling.applications.pickclutter.gallery import draw_gallery  # torch loads here

        first = [job for job in jobs if job.seed == seeds[0] and not job.missing]
        made += draw_gallery([job.place for job in first], files["ood"], pictures, out / "pictures")
    return Reproduced("\n".join(map(table_markdown, tables)), tuple(made), failed=tuple(failed), tables=tuple(tables))


def files_of(data: Path) -> dict[str, Path]:
    """The scenes of an experiment in a folder, by our names or by the authors'. Raises InputError for absent ones."""
    found = {
        part: next((data / name for name in names if (data / name).is_file()), None) for part, names in _FILES.items()
    }
    if absent := [f"{data / _FILES[part][0]} (or {_FILES[part][1]})" for part, path in found.items() if path is None]:
        raise InputError(
            f"{', '.join(absent)}: no such file; make them with `clipling pickclutter simulate`, or fetch the "
            "published ones with `clipling pickclutter fetch`"
        )
    return {part: path for part, path in found.items() if path is not None}


def _options_of(row: str, options: dict[str, Any]) -> dict[str, Any]:
    return options if get_method(row).descriptions else options | {"descriptions": None}


def _check_shots(shots: int, file: Path, *, apart: bool) -> None:
    from clipling.applications.pickclutter.episodes import Episodes

    most = len(Episodes(file)) - (0 if apart else 1)  # scenes shown are not measured on
    require(1 <= shots <= most, "shots", shots, f"1 to {most}, from {file}")


def _carry_out(jobs: Sequence[Job]) -> list[str]:
    """Do the jobs; what went wrong with those that failed comes back."""
    from clipling.workflows.console import say  # torch loads here

    failed, todo = [], [job for job in jobs if job.missing]
    for done, job in enumerate(todo, 1):
        say(f"{done} of {len(todo)}: {job.name}")
        if error := failure_of(job.carry_out):
            failed.append(f"{job.name}: {error}")
            say(f"failed: {error}")
    return failed
