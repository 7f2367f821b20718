"""Few shots by training on, over seen and unseen classes together: the recipe's own losses, in balanced batches."""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import fmean

import torch
from lightning_fabric import Fabric
from torch import Tensor

from clipling.data.loader import Batch
from clipling.deploy.bundle import Bundle, read_bundle
from clipling.language.prompts import LearnedPrompt
from clipling.student import StudentNet
from clipling.training.guards import FiniteLoss
from clipling.training.journal import Journal
from clipling.training.loop import Plan, fit, take_up
from clipling.training.objective import Lesson, Losses
from clipling.workflows.console import TrainingView, say
from clipling.workflows.distillation.images import Images, loading_workers, open_images
from clipling.workflows.distillation.inputs import Inputs
from clipling.workflows.distillation.measurement import by_measure, encode_both, encode_bundle
from clipling.workflows.distillation.ship import ship
from clipling.workflows.distillation.teaching import TeacherSide, prepare_teacher
from clipling.workflows.distillation.train import PromptedTargets, StoredTargets, make_loader, make_trainee, with_prompt
from clipling.workflows.few_shots.examination import Examination, Shown, begin, conclude
from clipling.workflows.few_shots.shots import as_run_accuracies
from clipling.workflows.few_shots.two_classifiers import TwoClassifiers
from clipling.workflows.settings import EPOCHS_AVERAGED, Settings


def finetune(fabric: Fabric, shown: Shown, overwrite: bool) -> None:
    """Train the student of the run on the shots of one draw, from its last checkpoint where there is one."""
    settings, place = shown.experiment.settings, shown.experiment.place(shown.draw)
    with fabric.rank_zero_first():
        known = shown.student.config.teacher["weights_hash"]
        inputs, side = prepare_teacher(settings, shown.inputs, device=fabric.device, weights_hash=known)
        images = open_images(inputs, settings.image_size, settings.out, settings.hardware)
    exam = Examination.of(inputs.split, shown.parts, inputs.split.classes)
    trainee = make_trainee(fabric, settings, side)
    if trainee.prompt is not None and settings.recipe.text.closed:
        keep_known(trainee.prompt, inputs.split.classes, shown.student)
    loader = make_loader(fabric, settings, inputs, images, few=len(shown.shots))
    targets = with_prompt(fabric, inputs, side, StoredTargets(inputs, side, fabric.device), trainee)
    begin(fabric, shown, overwrite)
    journal = Journal(place.log)
    if take_up(trainee, journal, place.checkpoints):
        say(f"draw {shown.draw}: resuming after epoch {trainee.epoch} of {settings.recipe.epochs}")
    with TrainingView(settings.recipe.epochs, trainee.epoch) as view:
        plan = Plan(
            lesson=_lesson(fabric, settings, targets, inputs.split.classes, shown.parts["id"]),
            epochs=settings.recipe.epochs,
            seed=settings.seed,
            loader=loader,
            evaluate=PartsWhileTraining(fabric, settings, inputs, side, images, exam, trainee.prompt),
            evaluate_at=lambda epoch: epoch > settings.recipe.epochs - EPOCHS_AVERAGED,
            finite=FiniteLoss(inputs.split.train),
            learns=None,
            journal=journal,
            checkpoints=place.checkpoints,
            observer=view,
        )
        fit(fabric, trainee, plan)
    if fabric.global_rank == 0:
        ship(place, settings, inputs, side, trainee.net, prompt=trainee.prompt)
        measure_shipped(shown, images, exam, journal)


def _lesson(
    fabric: Fabric,
    settings: Settings,
    targets: StoredTargets | PromptedTargets,
    classes: Sequence[str],
    seen: Sequence[str],
) -> Callable[[Tensor, Batch], Losses]:
    """What a batch teaches: the recipe's losses; of a closed set, one classifier of `seen` and one of the others."""
    losses = settings.recipe.losses
    if not settings.recipe.text.closed:
        return Lesson(fabric, losses, targets)
    side = torch.tensor([label in seen for label in classes], device=fabric.device)
    return TwoClassifiers(fabric, losses, targets, side)


def measure_shipped(shown: Shown, images: Images, exam: Examination, journal: Journal) -> None:
    """Write what the shots led to: the mean of the last epochs, and the figures of the weights in the bundle."""
    bundle = read_bundle(shown.experiment.place(shown.draw).student)
    shipped = encode_bundle(bundle, images, shown.experiment.settings.hardware)
    last, shots = journal.last_accuracies(EPOCHS_AVERAGED), shown.experiment.shots
    after = by_measure(last, fmean)
    after_bundle = exam.accuracies(torch.cat([shipped.id, shipped.ood]), bundle.text)
    conclude(
        shown,
        after,
        after_bundle=after_bundle,
        accuracy=as_run_accuracies(after, shots),
        accuracy_bundle=as_run_accuracies(after_bundle, shots),
        seed=shown.experiment.settings.seed,
        epochs_averaged=len(last),
    )


@torch.no_grad()
def keep_known(vectors: LearnedPrompt, classes: Sequence[str], student: Bundle) -> None:
    """Of a closed set: the student's own vectors for the classes it knows; those of the others stay as drawn."""
    known = {entry.key: row for entry, row in zip(student.classes, student.text, strict=True)}
    for place, label in enumerate(classes):
        if label in known:
            vectors.context[place] = known[label]


class PartsWhileTraining:
    """Measures the student as it trains, part by part, at the precision of training."""

    def __init__(
        self,
        fabric: Fabric,
        settings: Settings,
        inputs: Inputs,
        side: TeacherSide,
        images: Images,
        exam: Examination,
        prompt: LearnedPrompt | None,
    ) -> None:
        self._settings, self._images, self._exam = settings, images, exam
        self._text = partial(side.class_text, inputs, prompt)
        self._device = fabric.device
        self._dtype = torch.bfloat16 if "bf16" in fabric._precision.precision else torch.float32

    def __call__(self, net: StudentNet) -> dict[str, float]:
        """The accuracy of each part, for the weights as they are."""
        features = encode_both(
            net,
            self._images,
            self._settings.image_size,
            device=self._device,
            dtype=self._dtype,
            workers=loading_workers(self._settings.hardware),
        )
        return self._exam.accuracies(torch.cat([features.id, features.ood]), self._text())
