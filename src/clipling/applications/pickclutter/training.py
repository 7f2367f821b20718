"""The story of a training on scenes: files, the teacher's part, the student, the library's loop, bundle and measures.

Shapes: 2 C texts, D embedding width.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor

from clipling.applications.pickclutter.begun import take_up_begun, write_begun
from clipling.applications.pickclutter.course import Course, conclude
from clipling.applications.pickclutter.exam import Exam
from clipling.applications.pickclutter.lesson import PickLesson
from clipling.applications.pickclutter.network import PickNet, create_net
from clipling.applications.pickclutter.observations import FlippedBatches
from clipling.applications.pickclutter.page import write_page
from clipling.applications.pickclutter.scenes import Scenes, open_scenes
from clipling.applications.pickclutter.settings import Settings
from clipling.applications.pickclutter.teaching import TeacherSide, prepare_teacher
from clipling.applications.pickclutter.trainee import make_trainee
from clipling.applications.pickclutter.words import texts_of
from clipling.data.loader import OrderedLoader
from clipling.files import write_json
from clipling.locks import held_run
from clipling.training.devices import make_fabric
from clipling.training.guards import FiniteLoss
from clipling.training.journal import Journal, make_loggers
from clipling.training.loop import Plan, Trainee, fit, take_up
from clipling.workflows.console import TrainingView, say
from clipling.workflows.distillation.images import loading_workers
from clipling.workflows.environment import describe_environment
from clipling.workflows.run import Run, check_place, open_run


def run_course(course: Course, *, resume: bool, overwrite: bool) -> dict[str, Any]:
    """Train, ship and measure; returns what results.json says."""
    started, settings, place = time.perf_counter(), course.settings, course.place
    fabric = make_fabric(settings.hardware)
    if fabric.global_rank == 0:
        check_place(place.folder, course.record, resume=resume, overwrite=overwrite)
    create_net(settings.student, width=1, image_size=settings.image_size)  # refused before the teacher's long work
    with held_run(settings.out):  # nothing is written before
        return _make(fabric, course, resume=resume, overwrite=overwrite, started=started)


def _make(fabric: Fabric, course: Course, *, resume: bool, overwrite: bool, started: float) -> dict[str, Any]:
    """From the scenes to the page; returns what results.json says."""
    settings, place, leads = course.settings, course.place, fabric.global_rank == 0
    with fabric.rank_zero_first():
        scenes = open_scenes(settings, course.shots, course.few)
        files = {settings.train: scenes.train.names}
        if course.shots and scenes.shots:
            files[course.shots] = scenes.shots.names
        asked = scenes.taught if settings.method.closed else tuple(dict.fromkeys((*scenes.taught, *scenes.unseen)))
        texts = texts_of(asked, descriptions=settings.method.descriptions, own=settings.descriptions)
        begun = take_up_begun(place, scenes, texts) if resume else None
        side = prepare_teacher(
            settings, files, texts, device=fabric.device, weights_hash=begun.teacher if begun else None
        )
    trainee = make_trainee(fabric, settings, side, course.start, scenes.taught)
    loader = make_loader(fabric, settings, scenes)
    loggers = make_loggers(settings.logger, place.folder) if leads else []
    with fabric.rank_zero_first():
        if leads:
            open_run(place.folder, course.record, resume=resume, overwrite=overwrite)
            write_begun(place, side.about["weights_hash"], scenes, texts)
            write_json(place.folder / "environment.json", describe_environment(fabric))
    journal = Journal(place.log, loggers)
    if take_up(trainee, journal, place.checkpoints):
        say(f"resuming after epoch {trainee.epoch} of {settings.epochs}")
    exam = exam_of(settings, scenes)
    teach(fabric, settings, scenes, side, trainee, loader, journal, place, exam)
    results = {}
    if leads:
        results = conclude(course, scenes, side, trainee, exam, journal)
        seconds = {"seconds": round(time.perf_counter() - started, 1)}
        write_json(place.folder / "environment.json", describe_environment(fabric) | seconds)
        write_page(place)
    fabric.barrier()
    return results


def exam_of(settings: Settings, scenes: Scenes) -> Exam:
    """What the student is asked: every object, but those that a closed set has never been shown."""
    closed = settings.method.closed
    unseen = tuple(one for one in scenes.unseen if not closed or one in scenes.taught)
    return Exam(scenes.id, scenes.ood, scenes.seen, unseen)


def make_loader(fabric: Fabric, settings: Settings, scenes: Scenes) -> OrderedLoader:
    """Batches of one process's share: half of each are shots, where there are any."""
    many = len(scenes.train)
    return OrderedLoader(
        FlippedBatches(scenes.train, scenes.shots, settings.seed),
        range(many),
        few=range(many, many + (len(scenes.shots) if scenes.shots else 0)),
        batch_size=settings.batch_size,
        seed=settings.seed,
        rank=fabric.global_rank,
        world_size=fabric.world_size,
        workers=loading_workers(settings.hardware),
        pin_memory=fabric.device.type == "cuda",
    )


def texts_by(settings: Settings, asked: tuple[str, ...]) -> list[str]:
    """The text of each object, in their order."""
    return [*texts_of(asked, descriptions=settings.method.descriptions, own=settings.descriptions).values()]


def pairs_now(
    fabric: Fabric, side: TeacherSide, trainee: Trainee[PickNet], texts: list[str]
) -> Callable[[], Float[Tensor, "T D"]]:
    """The pairs of texts as they are at each call, with a gradient to what is learned of them."""
    made = side.words.pairs(texts)
    if trainee.prompt is None:
        fixed = made(torch.empty(0, 0))
        return lambda: fixed
    return partial(fabric.setup_module(trainee.prompt), made)


def teach(
    fabric: Fabric,
    settings: Settings,
    scenes: Scenes,
    side: TeacherSide,
    trainee: Trainee[PickNet],
    loader: OrderedLoader,
    journal: Journal,
    place: Run,
    exam: Exam,
) -> None:
    """The library's loop over the scenes."""
    rows = [scenes.train, *([scenes.shots] if scenes.shots else [])]
    present = torch.cat([some.present(scenes.taught) for some in rows])
    lesson = PickLesson(
        fabric,
        present,
        pairs_now(fabric, side, trainee, texts_by(settings, scenes.taught)),
        side.hand,
        settings.method.im_cst,
    )
    asked = side.words.pairs(texts_by(settings, exam.asked))
    alone = trainee.prompt  # rank 0 measures by itself
    dtype = torch.bfloat16 if "bf16" in fabric._precision.precision else torch.float32

    def evaluate(net: PickNet) -> dict[str, float]:
        with torch.no_grad():
            pairs = asked(torch.empty(0, 0) if alone is None else alone.context)
            return exam.measured(net, pairs, dtype=dtype)

    with TrainingView(settings.epochs, trainee.epoch) as view:
        plan = Plan(
            lesson=lesson,
            epochs=settings.epochs,
            seed=settings.seed,
            loader=loader,
            evaluate=evaluate,
            evaluate_at=settings.evaluate_at,
            finite=FiniteLoss(scenes.names),
            learns=None,
            journal=journal,
            checkpoints=place.checkpoints,
            observer=view,
        )
        fit(fabric, trainee, plan)
