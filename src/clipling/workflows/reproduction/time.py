"""How long jobs will take: images to be shown, by the speed of finished runs or of a short trial."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from clipling.report.records import read_records
from clipling.training.config import Hardware
from clipling.workflows.reproduction.job import SHOTS, Job

_EVALUATED = 6
"""How often the evaluated images are encoded: after each of the last five epochs, and from the bundle."""
_FORWARD = 1 / 3
"""Cost of encoding an image, as a share of training on it."""
_TRIAL_BATCH, _WARM_UP, _TRIAL_STEPS = 64, 2, 6


@dataclass(frozen=True)
class Speed:
    """Training images a second, and where the number comes from."""

    images_per_second: float
    source: str


def seconds_of(job: Job, parts: Sequence[str], speed: Speed) -> float:
    """About how long these parts of a job take; decoding, teacher features and retrieval come on top."""
    if not job.experiment.recipe:
        return 0.0
    shown: dict[str, Callable[[Job], float]] = {
        "student": _student_images,
        "finetune": _few_shot_images,
        "half": partial(_few_shot_images, half=True),
    }
    return sum(shown[part](job) for part in parts if part in shown) / speed.images_per_second


def _student_images(job: Job) -> float:
    split, recipe = job.source.split, job.recipe
    evaluated = (len(split.id) + len(split.ood)) * min(_EVALUATED, recipe.epochs + 1)
    return len(split.train) * recipe.repeats_for(len(split.train)) * recipe.epochs + evaluated * _FORWARD


def _few_shot_images(job: Job, *, half: bool = False) -> float:
    from clipling.data.orders import steps_per_epoch  # numpy loads here, not for --help

    split = job.source.split
    classes = len(split.unseen_classes)
    shown = SHOTS * ((classes + 1) // 2 if half else classes)
    images, batch = len(split.train), job.recipe.batch_size
    steps = steps_per_epoch(images, batch, job.recipe.repeats_for(images), shown)
    evaluated = 2 * (len(split.id) + len(split.ood)) * _FORWARD
    return job.budget.draws * (steps * batch * job.budget.few_shot_epochs + evaluated)


def speeds(records: Path, hardware: Hardware) -> Callable[[Job], Speed]:
    """The speed of a job: the median of runs of the same student and image size that were recorded on such a machine.

    Else that of a trial.
    """
    measured: dict[tuple[str, int], list[float]] = {}
    timed = [record for record in read_records(records) if record.machine.get("images_per_second")]
    here = _this_machine(hardware) if timed else {}
    for record in timed:
        if here.items() <= record.machine.items():
            key = (str(record.settings.get("student")), int(record.settings.get("image_size", 0)))
            measured.setdefault(key, []).append(record.machine["images_per_second"])
    known = {key: Speed(median(found), f"{len(found)} finished runs") for key, found in measured.items()}

    def speed_of(job: Job) -> Speed:
        key = (job.experiment.student, job.budget.image_size)
        if job.experiment.recipe and key not in known:
            known[key] = Speed(trial(*key, hardware), "a short trial")
        return known.get(key, Speed(1.0, "nothing"))

    return speed_of


def _this_machine(hardware: Hardware) -> dict[str, str]:
    """What speed depends on, as records tell it: the GPU, or the processor where there is none."""
    from clipling.training.devices import default_device  # torch loads here, not for --help
    from clipling.workflows.environment import device_name, processor_name

    device = device_name(default_device(hardware))
    return {"device": device} | ({"processor": processor_name()} if device == "cpu" else {})


def trial(student: str, image_size: int, hardware: Hardware) -> float:
    """Images a second of a few training steps on images in memory: the speed without loading, so a little too fast."""
    import torch

    from clipling.student import create_student
    from clipling.training.devices import make_fabric

    fabric = make_fabric(hardware)
    net = create_student(student, width=512, image_size=image_size).to(memory_format=torch.channels_last)
    model = fabric.setup(net).train()
    images = torch.zeros(_TRIAL_BATCH, 3, image_size, image_size, dtype=torch.uint8, device=fabric.device)
    images = images.contiguous(memory_format=torch.channels_last)
    for step in range(_WARM_UP + _TRIAL_STEPS):
        if step == _WARM_UP:
            started = time.perf_counter()
        loss = model(images).sum()
        fabric.backward(loss)
        loss.item()  # waits for a GPU
    return _TRIAL_BATCH * _TRIAL_STEPS / (time.perf_counter() - started)
