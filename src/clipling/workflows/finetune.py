"""Few shots by training on, over seen and unseen classes together: the recipe's own losses, in balanced batches."""

from statistics import fmean

import torch
from lightning_fabric import Fabric

from clipling.data.loader import TrainingLoader
from clipling.deploy.bundle import read_bundle
from clipling.student import StudentNet
from clipling.training.checkpoint import load_latest
from clipling.training.guards import FiniteLoss
from clipling.training.journal import Journal
from clipling.training.loop import Plan, Trainee, fit
from clipling.workflows.console import TrainingView, say
from clipling.workflows.examination import Examination, Shown, begin, conclude, same_teacher
from clipling.workflows.images import Images, loading_workers, open_images
from clipling.workflows.measurement import encode_both, encode_bundle
from clipling.workflows.settings import EPOCHS_AVERAGED
from clipling.workflows.ship import ship
from clipling.workflows.teaching import TeacherSide, prepare_teacher
from clipling.workflows.train import StoredTargets, make_trainee, with_prompt


def finetune(fabric: Fabric, shown: Shown, overwrite: bool) -> None:
    """Train the student of the run on the shots of one draw, from its last checkpoint where there is one."""
    settings, place = shown.experiment.settings, shown.experiment.place(shown.draw)
    with fabric.rank_zero_first():
        inputs, side = prepare_teacher(settings, shown.inputs, device=fabric.device)
        same_teacher(side.about["weights_hash"], shown)
        images = open_images(inputs, settings.image_size, settings.out, settings.hardware)
    exam = Examination.of(inputs.split, shown.parts, inputs.split.classes)
    trainee = make_trainee(fabric, settings, side)
    loader = balanced_loader(fabric, shown, images)
    begin(fabric, shown, overwrite)
    journal = Journal(place.log)
    if state := load_latest(place.checkpoints):
        trainee.restore(state)
        say(f"draw {shown.draw}: resuming after epoch {trainee.epoch} of {settings.recipe.epochs}")
    journal.forget_after(trainee.epoch)
    with TrainingView(settings.recipe.epochs, trainee.epoch) as view:
        plan = Plan(
            losses=settings.recipe.losses,
            epochs=settings.recipe.epochs,
            seed=settings.seed,
            loader=loader,
            targets=with_prompt(fabric, inputs, side, StoredTargets(inputs, side, fabric.device), trainee),
            evaluate=PartsWhileTraining(fabric, shown, side, images, exam, trainee),
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
        bundle = read_bundle(place.student)
        shipped = encode_bundle(bundle, images, settings.hardware)
        last = [row["accuracy"] for row in journal.epochs if "accuracy" in row][-EPOCHS_AVERAGED:]
        conclude(
            shown,
            {part: fmean(row[part] for row in last) for part in last[-1]},
            after_bundle=exam.accuracies(torch.cat([shipped.id, shipped.ood]), bundle.text),
            epochs_averaged=len(last),
        )


def balanced_loader(fabric: Fabric, shown: Shown, images: Images) -> TrainingLoader:
    """Batches of training images and, never in more than half of one, of shots, which end the training list."""
    settings = shown.experiment.settings
    many = len(images["train"]) - len(shown.shots)
    return TrainingLoader(
        images["train"],
        range(many),
        few=range(many, many + len(shown.shots)),
        size=settings.image_size,
        augmentation=settings.recipe.augmentation,
        batch_size=settings.recipe.batch_size,
        repeats=settings.recipe.repeats_for(many),
        seed=settings.seed,
        rank=fabric.global_rank,
        world_size=fabric.world_size,
        workers=loading_workers(settings.hardware),
        pin_memory=fabric.device.type == "cuda",
    )


class PartsWhileTraining:
    """Measures the student as it trains, part by part, at the precision of training."""

    def __init__(
        self,
        fabric: Fabric,
        shown: Shown,
        side: TeacherSide,
        images: Images,
        exam: Examination,
        trainee: Trainee[StudentNet],
    ) -> None:
        self._shown, self._side, self._images, self._exam, self._trainee = shown, side, images, exam, trainee
        self._device = fabric.device
        self._dtype = torch.bfloat16 if "bf16" in fabric._precision.precision else torch.float32

    def __call__(self, net: StudentNet) -> dict[str, float]:
        """The accuracy of each part, for the weights as they are."""
        settings, inputs = self._shown.experiment.settings, self._shown.inputs
        features = encode_both(
            net,
            self._images,
            settings.image_size,
            device=self._device,
            dtype=self._dtype,
            workers=loading_workers(settings.hardware),
        )
        text = self._side.class_text(inputs, self._trainee.prompt)
        return self._exam.accuracies(torch.cat([features.id, features.ood]), text)
