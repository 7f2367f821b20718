"""Zero-shot classification of seen and unseen classes, from features alone.

Whoever made the features, teacher, student or a file, is judged by the same code. `joint_*` chooses among all classes,
seen and unseen together (generalised zero-shot), the others among the classes of their own part.

Shapes: N images of a part, C_s seen and C_u unseen classes, D embedding width.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.metrics import accuracy_interval, harmonic_mean, mean_class_accuracy, most_confused, per_class_accuracy
from clipling.tensors import cosine


@dataclass(frozen=True)
class ZeroShotTask:
    """What is asked: the right classes of the images, and the texts to choose from.

    id_labels index `seen` and the rows of `seen_text`, ood_labels index `unseen` and the rows of `unseen_text`.
    Either part may be without images, and there may be no unseen classes at all.
    """

    id_labels: Int[Tensor, " N_id"]
    ood_labels: Int[Tensor, " N_ood"]
    seen_text: Float[Tensor, "C_s D"]
    unseen_text: Float[Tensor, "C_u D"]
    seen: tuple[str, ...]
    unseen: tuple[str, ...]

    def __post_init__(self) -> None:
        for part, labels, text, names in (
            ("seen", self.id_labels, self.seen_text, self.seen),
            ("unseen", self.ood_labels, self.unseen_text, self.unseen),
        ):
            if len(text) != len(names):
                raise InputError(f"{len(names)} {part} classes have {len(text)} texts; expected one text per class")
            if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < len(names):
                raise InputError(f"a label of the {part} classes is outside 0..{len(names) - 1}")
        if repeated := set(self.seen) & set(self.unseen):
            raise InputError(f"class '{min(repeated)}' is both seen and unseen; the two lists must be disjoint")


@dataclass(frozen=True)
class Confusion:
    """Images of `label` that were taken for `predicted`: how many, and their share of the label's images."""

    label: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class Details:
    """What lies behind the accuracies.

    intervals: the 95 % bootstrap interval of each accuracy, by its key. per_class: the accuracy of every class that has
    images, among the classes of its own part. confused: the most frequent confusions of the parts `id` and `ood`.
    """

    intervals: dict[str, tuple[float, float]]
    per_class: dict[str, float]
    confused: dict[str, list[Confusion]]


class _Question(NamedTuple):
    key: str
    labels: Tensor  # (N,)
    cosines: Tensor  # (N, C)


def accuracies(
    task: ZeroShotTask, id_features: Float[Tensor, "N_id D"], ood_features: Float[Tensor, "N_ood D"]
) -> dict[str, float]:
    """Mean-over-classes accuracies in [0, 1]: `id`, `ood_zero_shot`, `joint_seen`, `joint_unseen`, `harmonic_mean`.

    A key whose images or classes do not exist is absent; `harmonic_mean` is that of the two joint accuracies.
    """
    scores = {
        question.key: mean_class_accuracy(question.cosines, question.labels)
        for question in _questions(task, id_features, ood_features)
    }
    if "joint_seen" in scores and "joint_unseen" in scores:
        scores["harmonic_mean"] = harmonic_mean(scores["joint_seen"], scores["joint_unseen"])
    return scores


def details(
    task: ZeroShotTask, id_features: Float[Tensor, "N_id D"], ood_features: Float[Tensor, "N_ood D"], *, top: int = 10
) -> Details:
    """Intervals, accuracy by class and the `top` confusions of each part, for the features of one encoder."""
    intervals: dict[str, tuple[float, float]] = {}
    per_class: dict[str, float] = {}
    confused: dict[str, list[Confusion]] = {}
    names_of = {"id": task.seen, "ood_zero_shot": task.unseen}
    for question in _questions(task, id_features, ood_features):
        predicted = question.cosines.argmax(dim=1)
        intervals[question.key] = accuracy_interval(predicted == question.labels, question.labels)
        names = names_of.get(question.key)
        if names is not None:
            shares = per_class_accuracy(predicted, question.labels, len(names))
            per_class |= {name: share for name, share in zip(names, shares, strict=True) if share is not None}
            pairs = most_confused(predicted, question.labels, top)
            confused[question.key.removesuffix("_zero_shot")] = [
                Confusion(names[label], names[taken_for], count, share) for label, taken_for, count, share in pairs
            ]
    return Details(intervals, per_class, confused)


def _questions(task: ZeroShotTask, id_features: Tensor, ood_features: Tensor) -> Iterator[_Question]:
    """Each question that the task can ask, one at a time: the cosines of a large set take memory."""
    for part, features, labels in (("id", id_features, task.id_labels), ("ood", ood_features, task.ood_labels)):
        if len(features) != len(labels):
            raise InputError(f"{len(features)} features for {len(labels)} {part} images; expected one per image")
    everything = torch.cat([task.seen_text, task.unseen_text])
    if len(id_features):
        yield _Question("id", task.id_labels, cosine(id_features, task.seen_text))
    if len(ood_features):
        yield _Question("ood_zero_shot", task.ood_labels, cosine(ood_features, task.unseen_text))
    if len(id_features) and task.unseen:
        yield _Question("joint_seen", task.id_labels, cosine(id_features, everything))
    if len(ood_features) and task.seen:
        yield _Question("joint_unseen", task.ood_labels + len(task.seen), cosine(ood_features, everything))
