"""Wires a training run: student, targets, measurements, guards, loggers, checkpoints."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.loggers.logger import Logger
from torch import nn

from clipling.contracts.encoders import Embeddings, PromptedTexts
from clipling.contracts.errors import InputError
from clipling.data.loader import Batch, TrainingLoader
from clipling.deploy.bundle import read_bundle
from clipling.deploy.folder import standing
from clipling.evaluation.agreement import agreement
from clipling.evaluation.zero_shot import accuracies
from clipling.language.prompts import LearnedPrompt
from clipling.metrics import mean_class_accuracy
from clipling.student import StudentNet, create_student
from clipling.tensors import cosine
from clipling.training.devices import with_shared_batch_norm
from clipling.training.guards import FiniteLoss, LearnsSomething, chance_levels, check_teacher
from clipling.training.journal import Journal
from clipling.training.loop import Plan, Trainee, fit, take_up
from clipling.training.objective import Lesson
from clipling.training.optimizer import make_optimizer, make_schedule, rising_epochs
from clipling.training.pseudo_labels import pseudo_labels
from clipling.workflows.console import TrainingView, say
from clipling.workflows.distillation.images import Images, loading_workers
from clipling.workflows.distillation.inputs import Inputs
from clipling.workflows.distillation.measurement import encode_both, zero_shot_task
from clipling.workflows.distillation.teaching import TeacherSide
from clipling.workflows.run import Run
from clipling.workflows.settings import Settings


class StoredTargets:
    """The teacher's side of a batch, looked up by row in tensors on the device."""

    def __init__(self, inputs: Inputs, side: TeacherSide, device: torch.device, *, sure: float = 1.0) -> None:
        """sure: the probability that the teacher's own answer needs to be the label of an image that has none."""
        split = inputs.split
        self.image = side.store.rows(split.train).to(device)
        self.text = side.text[: len(split.seen_classes)].to(device)
        self.chances = torch.ones(len(split.train))
        """How sure each label is."""
        if split.is_labelled:
            self.labels = torch.tensor(inputs.label_rows(split.train, split.seen_classes), device=device)
        else:
            labels, self.chances = pseudo_labels(self.image, self.text, sure=sure)
            self.labels = labels.to(device)
        self._some_unlabelled = not split.is_labelled
        self._caption = None if side.captions is None else side.captions.to(device)

    def __call__(self, batch: Batch) -> Embeddings:
        """What the student is trained against, for the images of `batch`."""
        rows = batch.rows.to(self.labels.device, non_blocking=True)
        caption = None if self._caption is None else self._caption[rows]
        return Embeddings(self.image[rows], self.text, self.labels[rows], caption, self._some_unlabelled)


class PromptedTargets:
    """The same with the seen classes' texts encoded at each step in the prompt as it is, which so learns from them."""

    def __init__(self, stored: StoredTargets, prompt: nn.Module, texts: PromptedTexts) -> None:
        self._stored = stored
        self._prompt = prompt
        self._texts = texts

    def __call__(self, batch: Batch) -> Embeddings:
        """What the student is trained against, with a gradient to the prompt."""
        return replace(self._stored(batch), text=self._prompt(self._texts))


def train(
    fabric: Fabric,
    settings: Settings,
    run: Run,
    inputs: Inputs,
    side: TeacherSide,
    targets: StoredTargets,
    images: Images,
    trainee: Trainee[StudentNet],
    loggers: Sequence[Logger],
) -> None:
    """Train the trainee of a run to the last epoch, from its last checkpoint where there is one."""
    recipe = settings.recipe
    loader = make_loader(fabric, settings, inputs, images)
    learns = None
    if settings.guards:
        chance = chance_levels(targets.image, len(targets.text), recipe.batch_size)
        learns = LearnsSomething(chance, loader.steps, not_before=rising_epochs(recipe.schedule, recipe.epochs))
    journal = Journal(run.log, loggers)
    if take_up(trainee, journal, run.checkpoints):
        say(f"resuming after epoch {trainee.epoch} of {recipe.epochs}")
    with TrainingView(recipe.epochs, trainee.epoch) as view:
        plan = Plan(
            lesson=Lesson(fabric, recipe.losses, with_prompt(fabric, inputs, side, targets, trainee)),
            epochs=recipe.epochs,
            seed=settings.seed,
            loader=loader,
            evaluate=Evaluation(fabric, settings, inputs, side, images, trainee.prompt),
            evaluate_at=settings.evaluate_at,
            measured="accuracy" if inputs.split.is_labelled else "agreement",
            finite=FiniteLoss(inputs.split.train),
            learns=learns,
            journal=journal,
            checkpoints=run.checkpoints,
            observer=view,
        )
        fit(fabric, trainee, plan)


def with_prompt(
    fabric: Fabric, inputs: Inputs, side: TeacherSide, targets: StoredTargets, trainee: Trainee[StudentNet]
) -> StoredTargets | PromptedTargets:
    """The targets as they are, or with the texts of the seen classes in the trainee's prompt."""
    if trainee.prompt is None:
        return targets
    texts = side.prompted(inputs, inputs.split.seen_classes, trainee.prompt)
    return PromptedTargets(targets, fabric.setup_module(trainee.prompt), texts)


def make_loader(fabric: Fabric, settings: Settings, inputs: Inputs, images: Images, *, few: int = 0) -> TrainingLoader:
    """The share of the training images that falls to one process, epoch by epoch; the last `few` are few shots."""
    recipe = settings.recipe
    many = len(inputs.split.train) - few
    return TrainingLoader(
        images["train"],
        range(many),
        few=range(many, many + few),
        size=settings.image_size,
        augmentation=recipe.augmentation,
        batch_size=recipe.batch_size,
        repeats=recipe.repeats_for(many),
        seed=settings.seed,
        rank=fabric.global_rank,
        world_size=fabric.world_size,
        workers=loading_workers(settings.hardware),
        pin_memory=fabric.device.type == "cuda",
    )


def guard_teacher(targets: StoredTargets) -> None:
    """Stop when the teacher knows nothing of the seen classes."""
    accuracy = mean_class_accuracy(cosine(targets.image, targets.text), targets.labels)
    check_teacher(accuracy, len(targets.labels), len(targets.text))


def make_trainee(fabric: Fabric, settings: Settings, side: TeacherSide) -> Trainee[StudentNet]:
    """A student, and its prompt, with optimizer and schedule, on the device; the seed alone decides how they begin."""
    torch.manual_seed(settings.seed)
    net = create_student(
        settings.student, width=side.width, image_size=settings.image_size, pretrained=settings.pretrained
    )
    prompt = None
    if side.tower is not None:
        vectors = len(side.text) if settings.recipe.text.closed else settings.recipe.text.prompt
        prompt = LearnedPrompt.drawn(vectors, side.tower, seed=settings.seed).to(fabric.device)
    if settings.init_from:
        load_weights(net, prompt, settings.init_from)
    net = with_shared_batch_norm(fabric, net).to(memory_format=torch.channels_last)
    learned = [*net.parameters(), *([] if prompt is None else [prompt.context])]
    optimizer = make_optimizer(learned, settings.recipe.optimizer)
    compiled = cast(nn.Module, torch.compile(net)) if settings.hardware.compile else net
    model, optimizer = fabric.setup(compiled, optimizer)
    schedule = make_schedule(optimizer, settings.recipe.schedule, settings.recipe.epochs)
    return Trainee(net, model, optimizer, schedule, prompt=prompt)


def load_weights(net: StudentNet, prompt: LearnedPrompt | None, source: Path) -> None:
    """Take the weights of a bundle, or of a run's bundle, and the prompt where both have one.

    Raises InputError when the weights are another architecture's, or the prompt is of another size.
    """
    inside = standing(source / "student")
    folder = inside if inside.is_dir() else source
    bundle = read_bundle(folder)
    other = bundle.net
    try:
        net.load_state_dict(other.state_dict())
    except RuntimeError:
        raise InputError(
            f"{folder}: weights of a {other.architecture} of width {other.width} at {other.image_size} px do not fit "
            f"a {net.architecture} of width {net.width} at {net.image_size} px; choose the same --student"
        ) from None
    if prompt is not None and bundle.prompt is not None:
        if bundle.prompt.shape != prompt.context.shape:
            had, has = (" x ".join(map(str, one.shape)) for one in (bundle.prompt, prompt.context))
            raise InputError(f"{folder}: its learned prompt has {had} numbers, not {has}; give the same --text.prompt")
        prompt.load_state_dict({"context": bundle.prompt})


class Evaluation:
    """Measures the student as it trains, at the precision of training: accuracy on id and ood images, or agreement."""

    def __init__(
        self,
        fabric: Fabric,
        settings: Settings,
        inputs: Inputs,
        side: TeacherSide,
        images: Images,
        prompt: LearnedPrompt | None = None,
    ) -> None:
        self._inputs = inputs
        self._teacher = None if inputs.split.is_labelled else side.store.rows(inputs.split.id)
        self._text = partial(side.class_text, inputs, prompt)
        self._images = images
        self._size = settings.image_size
        self._device = fabric.device
        bf16 = "bf16" in fabric._precision.precision
        self._dtype = torch.bfloat16 if bf16 else torch.float32
        self._workers = loading_workers(settings.hardware)

    def __call__(self, net: StudentNet) -> dict[str, float]:
        """The accuracies of results.json, for the weights as they are; of images without classes the agreement."""
        features = encode_both(
            net, self._images, self._size, device=self._device, dtype=self._dtype, workers=self._workers
        )
        if self._teacher is not None:
            return agreement(features.id, self._teacher, self._text())
        return accuracies(zero_shot_task(self._inputs, self._text()), features.id, features.ood)
