"""The story of a distillation: inputs, teacher features, decoded images, training, bundle, measures, report."""

import os
import time
from typing import Any

from lightning_fabric import Fabric

from clipling.contracts.errors import InputError
from clipling.contracts.figures import few_choices
from clipling.files import write_json
from clipling.locks import held_run
from clipling.report.page import write_report
from clipling.student import create_student
from clipling.training.config import Loading
from clipling.training.devices import make_fabric
from clipling.training.journal import make_loggers
from clipling.workflows.console import say
from clipling.workflows.distillation.agreement import announce, measure_agreement
from clipling.workflows.distillation.begun import check_same, take_up_begun, write_begun
from clipling.workflows.distillation.images import Images, open_images
from clipling.workflows.distillation.inputs import Inputs, read_inputs
from clipling.workflows.distillation.measurement import measure
from clipling.workflows.distillation.ship import ship
from clipling.workflows.distillation.teaching import TeacherSide, prepare_teacher
from clipling.workflows.distillation.train import StoredTargets, guard_teacher, make_trainee, train
from clipling.workflows.environment import describe_environment
from clipling.workflows.run import Run, check_place, open_run
from clipling.workflows.settings import Settings


def run_stages(settings: Settings, *, resume: bool, overwrite: bool) -> Run:
    """Distil as the settings say; each stage leaves its folder and finds what an earlier one left there."""
    started = time.perf_counter()
    fabric = make_fabric(settings.hardware)
    run = Run(settings.out)
    if fabric.global_rank == 0:
        asked = settings.record()
        if asked["repeats"] is None:  # compared below, once the images are counted
            del asked["repeats"]
        check_place(settings.out, asked, resume=resume, overwrite=overwrite)
    if resume and run.is_finished:  # measuring again would drop what was measured since, such as few shots
        say(f"{run.folder}: is finished; nothing to resume")
        return run
    create_student(settings.student, width=1, image_size=settings.image_size)  # refused before the teacher's long work
    given = read_inputs(
        settings.data,
        settings.split,
        seed=settings.seed,
        text=settings.recipe.text,
        unlabelled=settings.unlabelled,
        names_file=settings.names,
    )
    check_size(given, settings)
    with held_run(settings.out):  # nothing is written before
        _make(fabric, settings, run, given, resume=resume, overwrite=overwrite, started=started)
    return run


def _make(
    fabric: Fabric, settings: Settings, run: Run, given: Inputs, *, resume: bool, overwrite: bool, started: float
) -> None:
    """From the inputs to the report."""
    leads = fabric.global_rank == 0
    begun = take_up_begun(run, given) if resume else None
    with fabric.rank_zero_first():
        known = begun.teacher if begun else None
        inputs, side = prepare_teacher(settings, given, device=fabric.device, weights_hash=known)
        check_size(inputs, settings)
        images = open_images(inputs, settings.image_size, settings.out, settings.hardware)
    whole = given.without(tuple(side.store.skipped))
    targets = StoredTargets(inputs, side, fabric.device, sure=settings.sure)
    _look_ahead(settings, inputs, targets)
    trainee = make_trainee(fabric, settings, side)
    loggers = make_loggers(settings.logger, run.folder) if leads else []
    with fabric.rank_zero_first():
        if leads and resume:
            check_same(run, begun, whole, inputs, side)
        if leads:  # only now: what fails before leaves no half-made run behind, and discards none
            earlier = resume and run.config.get("repeats") is None  # of a version that did not count them
            counted = settings if earlier else settings.settled(len(inputs.split.train))
            open_run(settings.out, counted.record(), resume=resume, overwrite=overwrite)
            write_begun(run, whole, inputs, side)
            write_json(run.folder / "environment.json", describe_environment(fabric))
            files = set(given.split.files)
            write_json(run.skipped, {file: why for file, why in side.store.skipped.items() if file in files})
    train(fabric, settings, run, inputs, side, targets, images, trainee, loggers)
    if leads:
        ship(run, settings, inputs, side, trainee.net, prompt=trainee.prompt)
        results = _measured(run, inputs, images, side, targets, settings.hardware)
        ship(run, settings, inputs, side, trainee.net, prompt=trainee.prompt, results=results)
        seconds = {"seconds": round(time.perf_counter() - started, 1)}
        write_json(run.folder / "environment.json", describe_environment(fabric) | seconds)
        write_json(run.folder / "results.json", results)
        say(f"report: {write_report(run.folder)}")
    fabric.barrier()


def _look_ahead(settings: Settings, inputs: Inputs, targets: StoredTargets) -> None:
    """Say what the figures of the run will not tell, and stop where there is nothing to learn, before the long work."""
    split = inputs.split
    if not split.is_labelled:
        return announce(settings, inputs, targets)
    if settings.guards:
        guard_teacher(targets)
    for classes, which in ((split.seen_classes, "seen"), (split.unseen_classes, "unseen")):
        if warning := few_choices(len(classes), which):
            say(f"warning: {warning}")


def _measured(
    run: Run, inputs: Inputs, images: Images, side: TeacherSide, targets: StoredTargets, hardware: Loading
) -> dict[str, Any]:
    """The content of results.json: accuracies, or, where no image has a class, agreement with the teacher."""
    if inputs.split.is_labelled:
        return measure(run, inputs, images, side, hardware)
    return measure_agreement(run, inputs, images, side, targets, hardware)


def check_size(inputs: Inputs, settings: Settings) -> None:
    """Raise InputError when the training set does not fill one batch, or a seen class has no image to train on."""
    labels = inputs.split.labels
    untaught = set(inputs.split.seen_classes) - {labels[file] for file in inputs.split.train if file in labels}
    if untaught and inputs.split.is_labelled:
        raise InputError(
            f"no readable training image of the seen classes {', '.join(sorted(untaught))}; mend the images"
        )
    images, recipe = len(inputs.split.train), settings.recipe
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if recipe.batch_size % processes:
        raise InputError(f"batch_size is {recipe.batch_size}; expected a multiple of the {processes} processes")
    shown = images * recipe.repeats_for(images)
    if shown < recipe.batch_size:
        raise InputError(
            f"batch_size is {recipe.batch_size}, but an epoch shows only {shown} training images "
            f"({images} images x {recipe.repeats_for(images)}); give a smaller --batch-size or more --repeats"
        )
