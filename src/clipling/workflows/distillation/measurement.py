"""From a shipped bundle and a run's log to results.json and predictions.jsonl.

Two figures, kept apart: `accuracy` is the mean of the last five epochs, as the paper reports; `accuracy_bundle` is that
of the shipped weights, loaded back from the bundle and run in float32, which anyone can repeat.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.encoders import ImageEncoder
from clipling.contracts.records import Prediction
from clipling.data.loader import evaluation_loader
from clipling.data.pixels import Pixels
from clipling.deploy.bundle import Bundle, read_bundle
from clipling.deploy.threshold import NONE_OF_THESE, threshold_of
from clipling.evaluation.coherence import coherence
from clipling.evaluation.encode import encode_images
from clipling.evaluation.predictions import top_predictions
from clipling.evaluation.zero_shot import ZeroShotTask, accuracies, details
from clipling.files import write_jsonl
from clipling.language.config import TextConfig
from clipling.training.config import Caching, Loading
from clipling.training.devices import default_device
from clipling.training.journal import Journal
from clipling.workflows.distillation.images import Images, loading_workers, open_images
from clipling.workflows.distillation.inputs import Inputs, read_inputs
from clipling.workflows.distillation.teaching import TeacherSide
from clipling.workflows.run import Run
from clipling.workflows.settings import EPOCHS_AVERAGED

EVALUATION_BATCH = 128


@dataclass(frozen=True)
class Features:
    """Features of the two evaluated parts, by one encoder."""

    id: Float[Tensor, "N_id D"]
    ood: Float[Tensor, "N_ood D"]


def zero_shot_task(inputs: Inputs, text: Float[Tensor, "C D"]) -> ZeroShotTask:
    """The question put to teacher and student alike. text: one row per class, the seen ones first."""
    split = inputs.split
    seen = len(split.seen_classes)
    return ZeroShotTask(
        id_labels=torch.tensor(inputs.label_rows(split.id, split.seen_classes), dtype=torch.int64),
        ood_labels=torch.tensor(inputs.label_rows(split.ood, split.unseen_classes), dtype=torch.int64),
        seen_text=text[:seen],
        unseen_text=text[seen:],
        seen=split.seen_classes,
        unseen=split.unseen_classes,
    )


def encode_both(
    encoder: ImageEncoder,
    pixels: Images,
    size: int,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    workers: int = 0,
) -> Features:
    """Features of the id and ood images by an encoder that takes images of `size` pixels."""

    def encode(part: Pixels) -> Tensor:
        rows = range(len(part))
        batches = evaluation_loader(part, rows, size=size, batch_size=EVALUATION_BATCH, workers=workers)
        return encode_images(encoder, batches, len(part), device=device, dtype=dtype)

    return Features(encode(pixels["id"]), encode(pixels["ood"]))


def encode_bundle(bundle: Bundle, images: Images, hardware: Loading) -> Features:
    """Features of the id and ood images by shipped weights, in float32."""
    device = default_device(hardware)
    net = bundle.net.to(device)
    return encode_both(net, images, net.image_size, device=device, workers=loading_workers(hardware))


def measure(run: Run, inputs: Inputs, pixels: Images, side: TeacherSide, hardware: Loading) -> dict[str, Any]:
    """Measure the bundle of a run, write predictions.jsonl, and return what results.json will say."""
    bundle = read_bundle(run.student)
    task, teachers_task = (zero_shot_task(inputs, text) for text in (bundle.text, side.text))
    student = encode_bundle(bundle, pixels, hardware)
    teacher = Features(side.store.rows(inputs.split.id), side.store.rows(inputs.split.ood))
    write_predictions(run, inputs, task, teachers_task, student, teacher, bundle.config.temperature)
    return results_of(task, teachers_task, student, teacher, Journal(run.log), run.setting("seed", int))


def accuracy_of_bundle(run: Run, data: Path | None, hardware: Caching) -> dict[str, float]:
    """The accuracies of a run's shipped weights, from its bundle and its own copy of the split alone."""
    root = data or run.setting("data", Path)
    inputs = read_inputs(root, run.split, seed=run.setting("seed", int), text=TextConfig())
    if run.setting("text", dict[str, Any]).get("closed"):
        inputs = inputs.closed()
    bundle = read_bundle(run.student)
    images = open_images(inputs, bundle.net.image_size, run.folder, hardware)
    student = encode_bundle(bundle, images, hardware)
    return accuracies(zero_shot_task(inputs, bundle.text), student.id, student.ood)


def results_of(
    task: ZeroShotTask,
    teachers_task: ZeroShotTask,
    student: Features,
    teacher: Features,
    journal: Journal,
    seed: int,
) -> dict[str, Any]:
    """The content of results.json; the two tasks differ in their texts where the student has learned a prompt."""
    of_bundle = accuracies(task, student.id, student.ood)
    of_teacher = accuracies(teachers_task, teacher.id, teacher.ood)
    last = journal.last_accuracies(EPOCHS_AVERAGED)
    mean = by_measure(last, fmean)
    behind = details(task, student.id, student.ood)
    limit = threshold_of(task, student.id, student.ood, seed=seed)
    return {
        "schema": 1,
        "accuracy": mean,
        "accuracy_std": by_measure(last, pstdev),
        "accuracy_bundle": of_bundle,
        "teacher": of_teacher,
        "teacher_kept": {key: mean[key] / of_teacher[key] for key in mean if of_teacher.get(key)},
        "intervals": {key: list(interval) for key, interval in behind.intervals.items()},
        "coherence": _coherence(task, student, teacher),
        **({} if limit is None else {NONE_OF_THESE: limit.as_json()}),
        "per_class": behind.per_class,
        "confused": [
            {"part": part, "class": c.label, "predicted": c.predicted, "count": c.count, "share": c.share}
            for part, confusions in behind.confused.items()
            for c in confusions
        ],
        "seed": seed,
        "epochs_averaged": len(last),
    }


def _coherence(task: ZeroShotTask, student: Features, teacher: Features) -> dict[str, Any]:
    measured = {
        "id": coherence(student.id, teacher.id, task.seen_text),
        "ood": coherence(student.ood, teacher.ood, task.unseen_text),
    }
    return {part: values for part, values in measured.items() if values}


def write_predictions(
    run: Run,
    inputs: Inputs,
    task: ZeroShotTask,
    teachers_task: ZeroShotTask,
    student: Features,
    teacher: Features,
    temperature: float,
) -> None:
    """predictions.jsonl: what student and teacher said of each evaluated image, among its part's classes."""
    rows: list[dict[str, Any]] = []
    for part, files, text, teachers_text, labels in (
        ("id", inputs.split.id, task.seen_text, teachers_task.seen_text, task.seen),
        ("ood", inputs.split.ood, task.unseen_text, teachers_task.unseen_text, task.unseen),
    ):
        if not files:
            continue
        said = top_predictions(getattr(student, part), text, labels, temperature=temperature)
        taught = top_predictions(getattr(teacher, part), teachers_text, labels, temperature=temperature)
        rows += prediction_rows(part, files, inputs.split.labels, said, taught)
    write_jsonl(run.folder / "predictions.jsonl", rows)


def by_measure(epochs: Sequence[dict[str, float]], over: Callable[[list[float]], float]) -> dict[str, float]:
    """One figure for each measure of the last epoch, such as its mean, over these epochs."""
    return {key: over([row[key] for row in epochs]) for key in epochs[-1]}


def prediction_rows(
    part: str,
    files: Sequence[str],
    labels: Mapping[str, str],
    said: Sequence[Sequence[Prediction]],
    taught: Sequence[Sequence[Prediction]],
) -> list[dict[str, Any]]:
    """A row for each file: its class, where it has one, and what the student said and the teacher taught."""
    return [
        {
            "file": file,
            "part": part,
            **({"class": labels[file]} if file in labels else {}),
            "student": _pairs(ours),
            "teacher": _pairs(theirs),
        }
        for file, ours, theirs in zip(files, said, taught, strict=True)
    ]


def _pairs(predictions: Sequence[Prediction]) -> list[list[str | float]]:
    return [[prediction.label, round(prediction.probability, 4)] for prediction in predictions]
