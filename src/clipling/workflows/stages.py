"""The story of a distillation: inputs, teacher features, decoded images, training, bundle, measures, report."""

import time

from clipling.contracts.errors import InputError
from clipling.data.split import write_split
from clipling.files import write_json
from clipling.report.page import write_report
from clipling.training.devices import make_fabric
from clipling.workflows.console import say
from clipling.workflows.environment import describe_environment
from clipling.workflows.images import loading_workers, open_images
from clipling.workflows.inputs import Inputs, read_inputs
from clipling.workflows.measurement import measure
from clipling.workflows.run import Run, open_run
from clipling.workflows.settings import Settings
from clipling.workflows.ship import ship
from clipling.workflows.teaching import prepare_teacher
from clipling.workflows.train import train


def run_stages(settings: Settings, *, resume: bool, overwrite: bool) -> Run:
    """Distil as the settings say; each stage leaves its folder and finds what an earlier one left there."""
    started = time.perf_counter()
    fabric = make_fabric(settings.hardware)
    leads = fabric.global_rank == 0
    inputs = read_inputs(settings.data, settings.split, seed=settings.seed, text=settings.recipe.text)
    check_size(inputs, settings)
    with fabric.rank_zero_first():
        run = Run(settings.out)
        if leads:
            run = open_run(settings.out, settings.record(), resume=resume, overwrite=overwrite)
        inputs, side = prepare_teacher(settings, inputs, device=fabric.device)
        check_size(inputs, settings)
        images = open_images(inputs, settings.image_size, settings.out, settings.hardware)
    if leads:
        write_split(inputs.split, run.split)
        write_json(run.folder / "environment.json", describe_environment(fabric))
    net = train(fabric, settings, run, inputs, side, images)
    if leads:
        ship(run, settings, inputs, side, net)
        results = measure(run, inputs, images, side, loading_workers(settings.hardware))
        ship(run, settings, inputs, side, net, results=results)
        seconds = {"seconds": round(time.perf_counter() - started, 1)}
        write_json(run.folder / "environment.json", describe_environment(fabric) | seconds)
        say(f"report: {write_report(run.folder)}")
    fabric.barrier()
    return run


def check_size(inputs: Inputs, settings: Settings) -> None:
    """Raise InputError when the training set does not fill one batch, before anything is encoded."""
    images, recipe = len(inputs.split.train), settings.recipe
    shown = images * recipe.repeats_for(images)
    if shown < recipe.batch_size:
        raise InputError(
            f"batch_size is {recipe.batch_size}, but an epoch shows only {shown} training images "
            f"({images} images x {recipe.repeats_for(images)}); give a smaller --batch-size or more --repeats"
        )
