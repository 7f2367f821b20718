"""Wires a training run: student, targets, measurements, guards, loggers, checkpoints."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.loggers.logger import Logger
from torch import nn

from clipling.contracts.encoders import Embeddings
from clipling.contracts.errors import InputError
from clipling.data.loader import Batch, TrainingLoader
from clipling.deploy.bundle import read_bundle
from clipling.evaluation.zero_shot import accuracies
from clipling.metrics import mean_class_accuracy
from clipling.student import StudentNet, create_student
from clipling.tensors import cosine
from clipling.training.checkpoint import load_latest
from clipling.training.devices import with_shared_batch_norm
from clipling.training.guards import FiniteLoss, LearnsSomething, chance_levels, check_teacher
from clipling.training.journal import Journal
from clipling.training.loop import Plan, Trainee, fit
from clipling.training.optimizer import make_optimizer, make_schedule
from clipling.workflows.console import TrainingView, say
from clipling.workflows.images import Images, loading_workers
from clipling.workflows.inputs import Inputs
from clipling.workflows.measurement import encode_both, zero_shot_task
from clipling.workflows.run import Run
from clipling.workflows.settings import Settings
from clipling.workflows.teaching import TeacherSide


class StoredTargets:
    """The teacher's side of a batch, looked up by row in tensors on the device."""

    def __init__(self, inputs: Inputs, side: TeacherSide, device: torch.device) -> None:
        split = inputs.split
        self.image = side.store.rows(split.train).to(device)
        self.text = side.text[: len(split.seen_classes)].to(device)
        self.labels = torch.tensor(inputs.label_rows(split.train, split.seen_classes), device=device)
        self._caption = None if side.captions is None else side.captions.to(device)

    def __call__(self, batch: Batch) -> Embeddings:
        """What the student is trained against, for the images of `batch`."""
        rows = batch.rows.to(self.labels.device, non_blocking=True)
        caption = None if self._caption is None else self._caption[rows]
        return Embeddings(self.image[rows], self.text, self.labels[rows], caption)


def train(
    fabric: Fabric,
    settings: Settings,
    run: Run,
    inputs: Inputs,
    side: TeacherSide,
    images: Images,
    trainee: Trainee[StudentNet],
    loggers: Sequence[Logger],
) -> StudentNet:
    """Train the student of a run, from its last checkpoint where there is one; the trained network comes back."""
    recipe = settings.recipe
    targets = StoredTargets(inputs, side, fabric.device)
    loader = make_loader(fabric, settings, inputs, images)
    learns = None
    if settings.guards:
        chance = chance_levels(targets.image, len(targets.text), recipe.batch_size)
        rising = math.ceil(0.3 * recipe.epochs) if recipe.schedule.name == "one_cycle" else 1  # torch's pct_start
        learns = LearnsSomething(chance, loader.steps, not_before=rising)
    journal = Journal(run.log, loggers)
    if state := load_latest(run.checkpoints):
        trainee.restore(state)
        say(f"resuming after epoch {trainee.epoch} of {recipe.epochs}")
    journal.forget_after(trainee.epoch)
    with TrainingView(recipe.epochs, trainee.epoch) as view:
        plan = Plan(
            losses=recipe.losses,
            epochs=recipe.epochs,
            seed=settings.seed,
            loader=loader,
            targets=targets,
            evaluate=Evaluation(fabric, settings, inputs, side, images),
            evaluate_at=settings.evaluate_at,
            finite=FiniteLoss(inputs.split.train),
            learns=learns,
            journal=journal,
            checkpoints=run.checkpoints,
            observer=view,
        )
        fit(fabric, trainee, plan)
    return trainee.net


def make_loader(fabric: Fabric, settings: Settings, inputs: Inputs, images: Images) -> TrainingLoader:
    """The share of the training images that falls to one process, epoch by epoch."""
    recipe = settings.recipe
    return TrainingLoader(
        images["train"],
        range(len(inputs.split.train)),
        size=settings.image_size,
        augmentation=recipe.augmentation,
        batch_size=recipe.batch_size,
        repeats=recipe.repeats_for(len(inputs.split.train)),
        seed=settings.seed,
        rank=fabric.global_rank,
        world_size=fabric.world_size,
        workers=loading_workers(settings.hardware),
        pin_memory=fabric.device.type == "cuda",
    )


def guard_teacher(inputs: Inputs, side: TeacherSide) -> None:
    """Stop when the teacher knows nothing of the seen classes."""
    targets = StoredTargets(inputs, side, torch.device("cpu"))
    accuracy = mean_class_accuracy(cosine(targets.image, targets.text), targets.labels)
    check_teacher(accuracy, len(targets.labels), len(targets.text))


def make_trainee(fabric: Fabric, settings: Settings, width: int) -> Trainee[StudentNet]:
    """A student with its optimizer and schedule, on the device; its first weights depend on the seed alone."""
    torch.manual_seed(settings.seed)
    net = create_student(settings.student, width=width, image_size=settings.image_size, pretrained=settings.pretrained)
    if settings.init_from:
        load_weights(net, settings.init_from)
    net = with_shared_batch_norm(fabric, net).to(memory_format=torch.channels_last)
    optimizer = make_optimizer(net.parameters(), settings.recipe.optimizer)
    compiled = cast(nn.Module, torch.compile(net)) if settings.hardware.compile else net
    model, optimizer = fabric.setup(compiled, optimizer)
    schedule = make_schedule(optimizer, settings.recipe.schedule, settings.recipe.epochs)
    return Trainee(net, model, optimizer, schedule)


def load_weights(net: StudentNet, source: Path) -> None:
    """Take the weights of a bundle, or of a run's bundle. Raises InputError when they are another architecture's."""
    folder = source / "student" if (source / "student").is_dir() else source
    other = read_bundle(folder).net
    try:
        net.load_state_dict(other.state_dict())
    except RuntimeError:
        raise InputError(
            f"{folder}: weights of a {other.architecture} of width {other.width} at {other.image_size} px do not fit "
            f"a {net.architecture} of width {net.width} at {net.image_size} px; choose the same --student"
        ) from None


class Evaluation:
    """Measures the student as it trains: accuracy on id and ood images, at the precision of training."""

    def __init__(self, fabric: Fabric, settings: Settings, inputs: Inputs, side: TeacherSide, images: Images) -> None:
        self._task = zero_shot_task(inputs, side.text)
        self._images = images
        self._size = settings.image_size
        self._device = fabric.device
        bf16 = "bf16" in fabric._precision.precision
        self._dtype = torch.bfloat16 if bf16 else torch.float32
        self._workers = loading_workers(settings.hardware)

    def __call__(self, net: StudentNet) -> dict[str, float]:
        """The accuracies of results.json, for the weights as they are."""
        features = encode_both(
            net, self._images, self._size, device=self._device, dtype=self._dtype, workers=self._workers
        )
        return accuracies(self._task, features.id, features.ood)
