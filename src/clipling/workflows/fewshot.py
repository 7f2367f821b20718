"""Show a finished student a few images of each unseen class, and measure what that brings and what it costs."""

from dataclasses import replace
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.locks import held_run
from clipling.recipes.few_shot import few_shot_recipe
from clipling.training.config import Hardware
from clipling.workflows.few_shots.shots import Experiment, FewShotFigures, Method, chosen_draws
from clipling.workflows.run import AnyRun, as_run
from clipling.workflows.settings import Settings


def fewshot(
    run: AnyRun,
    *,
    shots: int = 5,
    method: Method = "finetune",
    draw: int | None = None,
    draws: int | None = None,
    half: bool = False,
    epochs: int | None = None,
    lr: float | None = None,
    batch_size: int | None = None,
    repeats: int | None = None,
    data: Path | str | None = None,
    hardware: Hardware = Hardware(),  # noqa: B008  frozen
    overwrite: bool = False,
) -> FewShotFigures:
    """Show a finished student a few images of each unseen class: accuracy before and after, on new images.

    What was stopped goes on when the same is asked again, and what is finished is only shown.

    Parameters
    ----------
    run
        Folder of a finished run. It gets a folder `fewshot`, and the mean over draws in its results.json.
    shots
        Images of each unseen class; they are no longer evaluated on.
    method
        finetune trains on them and on the training images with the recipe's own losses; retrieval trains nothing and
        compares with the teacher's features of ten views of each (Tip-Adapter).
    draw
        Which images: the number of one draw, by default 0.
    draws
        So many draws, from 0 on, for a mean and a spread.
    half
        Show images of one half of the unseen classes only, and measure the other half too, zero-shot.
    epochs
        Of fine-tuning; by default 20, one cycle of the learning rate.
    lr
        Highest learning rate of fine-tuning; by default 0.001 (SGD), for transformers 0.0002 (AdamW).
    batch_size
        Images in a step, at most half of them shots; by default as the run was trained.
    repeats
        How often one epoch passes over the training images; by default as the run was trained.
    data
        Where the images are now, if they have moved.
    hardware
        Where and how it runs.
    overwrite
        Discard what the same draws left before.

    """
    numbers = {"epochs": epochs, "lr": lr, "batch_size": batch_size, "repeats": repeats}
    _check_numbers(method, numbers)
    wanted = chosen_draws(draw, draws)
    run = as_run(run)
    _ = run.results  # an unfinished run is refused here
    trained = Settings.from_record(run.config, run.folder / "config.yaml")
    if trained.unlabelled:
        raise InputError(
            f"{run.folder}: was trained on images without classes, so that no class is unseen and no image has a label "
            "to be shown with; distil a folder with classes, from these weights if you like (--init-from)"
        )
    if method == "retrieval" and trained.recipe.text.closed:
        raise InputError(
            f"{run.folder}: a student of a closed set has a space of its own, which no teacher shares; "
            "take --method finetune"
        )
    settings = replace(
        trained,
        data=Path(data).resolve() if data else trained.data,
        out=run.folder,
        recipe=few_shot_recipe(
            trained.recipe, trained.student, epochs=epochs, lr=lr, batch_size=batch_size, repeats=repeats
        ),
        init_from=run.folder,
        pretrained=False,
        hardware=hardware,
    )
    experiment = Experiment(run, settings, method, shots, half)
    for number in wanted:
        experiment.check(number, overwrite=overwrite)
    with held_run(run.folder):
        if overwrite or not all(experiment.is_done(number) for number in wanted):
            from clipling.workflows.few_shots.showing import show_draws  # torch and its kin load here, not for --help

            show_draws(experiment, wanted, overwrite=overwrite)
        figures = experiment.figures()
        experiment.publish(figures)
    return figures


def _check_numbers(method: Method, numbers: dict[str, float | None]) -> None:
    """Reject options of a training that does not take place, and numbers that cannot be meant."""
    given = {name: value for name, value in numbers.items() if value is not None}
    if given and method == "retrieval":
        raise InputError(f"{', '.join(given)}: retrieval trains nothing; leave it out, or take --method finetune")
    for name, value in given.items():
        least = 2 if name == "batch_size" else 1
        if value <= 0 or (name != "lr" and value < least):
            raise InputError(f"{name} is {value}; expected {'above 0' if name == 'lr' else f'at least {least}'}")
