"""The story of a few-shot experiment: draw the shots, measure before, use them, measure after, keep the figures."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from clipling.contracts.errors import InputError
from clipling.contracts.records import Split
from clipling.deploy.bundle import read_bundle
from clipling.evaluation.shots import draw_shots, halves, taught
from clipling.training.devices import make_fabric
from clipling.workflows.distillation.images import open_images
from clipling.workflows.distillation.inputs import Inputs, read_inputs
from clipling.workflows.distillation.measurement import encode_bundle
from clipling.workflows.few_shots.examination import Shown, same_texts
from clipling.workflows.few_shots.finetune import finetune
from clipling.workflows.few_shots.retrieve import retrieve
from clipling.workflows.few_shots.shots import Experiment

_METHODS = {"finetune": finetune, "retrieval": retrieve}


def show_draws(experiment: Experiment, draws: Sequence[int], *, overwrite: bool) -> None:
    """Run the draws that are not finished."""
    settings = experiment.settings
    fabric = make_fabric(settings.hardware)
    inputs = read_inputs(settings.data, experiment.run.split, seed=settings.seed, text=settings.recipe.text)
    drawn = {draw: _draw(experiment, inputs, draw) for draw in draws}  # all that can be refused, before any work
    student = read_bundle(experiment.run.student)
    same_texts(inputs, student)
    with fabric.rank_zero_first():
        images = open_images(inputs, settings.image_size, settings.out, settings.hardware)
    features = encode_bundle(student, images, settings.hardware)
    row = {file: number for number, file in enumerate(inputs.split.id + inputs.split.ood)}
    everything = torch.cat([features.id, features.ood])
    for draw, (split, shots, parts) in drawn.items():
        if experiment.is_done(draw) and not overwrite:
            continue
        left = everything[[row[file] for file in split.id + split.ood]]
        shown = Shown(experiment, draw, replace(inputs, split=split), shots, parts, student, left)
        _METHODS[experiment.method](fabric, shown, overwrite)
        fabric.barrier()


def _draw(
    experiment: Experiment, inputs: Inputs, draw: int
) -> tuple[Split, tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The split that the draw leads to, its shots, and the classes of each part."""
    split, seed = inputs.split, experiment.settings.seed
    if not split.unseen_classes:
        raise InputError(f"{experiment.run.folder}: its split has no unseen classes, so there is nothing to show it")
    first, second = halves(split.unseen_classes, seed=seed) if experiment.half else (split.unseen_classes, ())
    shots = draw_shots(split, first, experiment.shots, seed=seed, draw=draw)
    unseen = {"ood1": first, "ood2": second} if experiment.half else {"ood": first}
    return taught(split, shots), shots, {"id": split.seen_classes, **unseen}
