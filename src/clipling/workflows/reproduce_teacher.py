"""What is asked of a teacher alone: its own zero-shot accuracy, and how its texts of unseen classes lie apart."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.contracts.records import Split
from clipling.data.labels import read_captions
from clipling.evaluation.text_space import class_means, text_space
from clipling.evaluation.zero_shot import accuracies
from clipling.language.captions import encode_captions
from clipling.language.classes import encode_classes
from clipling.language.config import TextConfig
from clipling.teacher.tower import load_teacher
from clipling.training.devices import default_device
from clipling.workflows.console import say
from clipling.workflows.images import workspace
from clipling.workflows.inputs import read_inputs
from clipling.workflows.measurement import zero_shot_task
from clipling.workflows.reproduce_job import Job
from clipling.workflows.reproduce_parts import written_split
from clipling.workflows.run import Run
from clipling.workflows.teaching import default_store, fill_store


def zero_shot_of_teacher(job: Job, run: Run) -> dict[str, float]:
    """The teacher's accuracies on the evaluated images; its features go where students will find them."""
    inputs = read_inputs(job.source.root, written_split(job, run), seed=0, text=TextConfig())
    teacher = load_teacher(job.teacher, device=default_device(job.hardware))
    store = fill_store(
        teacher,
        inputs.root,
        inputs.split.id + inputs.split.ood,
        default_store(workspace(run.folder), inputs.root, teacher),
        on_bad_image="stop",
        hardware=job.hardware,
    )
    text = encode_classes(teacher, [inputs.texts[label] for label in inputs.split.classes]).cpu()
    return accuracies(zero_shot_task(inputs, text), store.rows(inputs.split.id), store.rows(inputs.split.ood))


def _captions(root: Path, split: Split) -> dict[str, str]:
    """The captions of the unseen classes' images; none where one of them has none, as where only training has."""
    try:
        return read_captions(root, split.ood) if (root / "captions.jsonl").exists() else {}
    except InputError as error:
        say(f"captions are left out: {error}")
        return {}


def _centres(captions: Float[Tensor, "N D"], split: Split) -> Float[Tensor, "C D"]:
    place = {label: row for row, label in enumerate(split.unseen_classes)}
    return class_means(captions, torch.tensor([place[split.labels[file]] for file in split.ood]), len(place))


def spread_of_texts(job: Job, run: Run) -> dict[str, float]:
    """Mean cosine and singular values of the unseen classes' texts: names, and descriptions and captions if there.

    `spectrum` is the sum of the singular values, which stand largest first under `singular_values/NAME/1`, `2` ...
    """
    root, folder = job.source.root, written_split(job, run)
    teacher = load_teacher(job.teacher, device=default_device(job.hardware))
    kinds = {"names": TextConfig()}
    if job.source.described_in("").exists():
        kinds["descriptions"] = TextConfig(descriptions="own")
    texts = {}
    for kind, text in kinds.items():
        inputs = read_inputs(root, folder, seed=0, text=text)
        texts[kind] = encode_classes(teacher, [inputs.texts[label] for label in inputs.split.unseen_classes]).cpu()
    if captions := _captions(root, job.source.split):
        texts["captions"] = _centres(encode_captions(teacher, captions, job.source.split.ood), job.source.split)
    found = text_space(texts)
    figures = {f"mean_cosine/{kind}": cosine for kind, cosine in found["mean_cosine"].items()}
    for kind, values in found["singular_values"].items():
        figures[f"spectrum/{kind}"] = sum(values)
        figures |= {f"singular_values/{kind}/{place}": value for place, value in enumerate(values, 1)}
    return figures
