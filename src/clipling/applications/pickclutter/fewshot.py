"""`clipling pickclutter fewshot`: show a finished student a few scenes that have unseen objects too."""

from dataclasses import replace
from pathlib import Path

from clipling.applications.pickclutter.settings import Settings
from clipling.applications.pickclutter.train import Answers, existing
from clipling.training.config import Hardware
from clipling.workflows.run import AnyRun, Run, as_run, check_place
from clipling.workflows.settings import plain


def fewshot(
    run: AnyRun,
    shots: Path | str,
    *,
    scenes: int | None = None,
    epochs: int = 20,
    batch_size: int = 46,
    lr: float = 5e-4,
    hardware: Hardware = Hardware(),  # noqa: B008  frozen
    overwrite: bool = False,
) -> Answers:
    """Show a finished student a few scenes with unseen objects too; what that brings on others.

    What was stopped goes on when the same is asked again, and what is finished is only shown.

    Parameters
    ----------
    run
        Folder of a finished run. It gets a folder `fewshot`.
    shots
        HDF5 file of the scenes to show; the paper shows 50. They may be the first of the run's ood scenes: the others
        are then measured on.
    scenes
        Show so many of them, the first ones; by default all.
    epochs
        Of training on, in one cycle of the learning rate.
    batch_size
        Scenes in a step, half of them shots.
    lr
        Highest learning rate.
    hardware
        Where and how it runs.
    overwrite
        Discard what was left before.

    """
    run = as_run(run)
    trained = Settings.from_record(run.config, run.folder / "config.yaml")
    _ = run.results  # an unfinished run is refused here
    place, shown = Run(run.folder / "fewshot"), existing(shots)
    settings = replace(
        trained,
        out=run.folder,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        schedule="one_cycle",
        pretrained=False,
        hardware=hardware,
        evaluate_every=epochs,
    )
    record = settings.record() | {"shots": plain(shown), "scenes": scenes}
    started = (place.folder / "config.yaml").exists()
    check_place(place.folder, record, resume=started and not overwrite, overwrite=overwrite)
    if overwrite or not place.is_finished:
        from clipling.applications.pickclutter.bundle import read_bundle  # torch loads here, not for --help
        from clipling.applications.pickclutter.course import Course
        from clipling.applications.pickclutter.training import run_course

        course = Course(settings, place, record, shown, scenes, read_bundle(run.student))
        run_course(course, resume=started and not overwrite, overwrite=overwrite)
    scenes_of, measures, before = (place.result(name, dict[str, float]) for name in ("scenes", "measures", "before"))
    title = f"{run.folder}: after {scenes_of.get('shots', 0):.0f} shots, mean of the last epochs"
    return Answers(title, measures, before, place.page)
