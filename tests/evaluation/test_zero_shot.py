"""Accuracies worked out on paper, against a naive loop, and where a part is missing."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.evaluation import Confusion, ZeroShotTask, accuracies, details
from clipling.tensors import unit

KEYS = {"id", "ood_zero_shot", "joint_seen", "joint_unseen", "harmonic_mean"}
NOTHING = torch.empty(0, dtype=torch.long)


def directions(*degrees: float) -> Tensor:
    angles = torch.tensor(degrees).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], dim=1)


@pytest.fixture
def task() -> ZeroShotTask:
    """Texts on a circle: wren 0, kite 90, swan 180 are seen; lark 45, dove 135 are not."""
    return ZeroShotTask(
        id_labels=torch.tensor([0, 0, 0, 1, 2]),
        ood_labels=torch.tensor([0, 0, 1]),
        seen_text=directions(0, 90, 180),
        unseen_text=directions(45, 135),
        seen=("wren", "kite", "swan"),
        unseen=("lark", "dove"),
    )


ID = directions(10, 50, 40, 100, 170)  # among the seen: wren, kite, wren, kite, swan
OOD = directions(60, 95, 130)  # among the unseen: lark, dove, dove


def test_a_worked_example(task: ZeroShotTask):
    scores = accuracies(task, ID, OOD)
    assert scores.keys() == KEYS
    assert scores["id"] == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert scores["ood_zero_shot"] == pytest.approx((1 / 2 + 1) / 2)
    assert scores["joint_seen"] == pytest.approx((1 / 3 + 1 + 1) / 3)  # 50 and 40 degrees are nearest to lark
    assert scores["joint_unseen"] == pytest.approx((1 / 2 + 1) / 2)  # 60 is nearest to lark, 95 to kite
    a, b = scores["joint_seen"], scores["joint_unseen"]
    assert scores["harmonic_mean"] == pytest.approx(2 * a * b / (a + b))


def test_details_of_the_worked_example(task: ZeroShotTask):
    found = details(task, ID, OOD)
    assert found.per_class == pytest.approx({"wren": 2 / 3, "kite": 1, "swan": 1, "lark": 1 / 2, "dove": 1})
    assert found.confused == {"id": [Confusion("wren", "kite", 1, 1 / 3)], "ood": [Confusion("lark", "dove", 1, 1 / 2)]}
    assert found.intervals.keys() == KEYS - {"harmonic_mean"}


def test_every_accuracy_lies_in_its_interval():
    draw = torch.Generator().manual_seed(0)
    task = random_task(draw)
    features = [unit(torch.randn(60, 8, generator=draw)) for _ in range(2)]
    scores, found = accuracies(task, *features), details(task, *features)
    for key, (low, high) in found.intervals.items():
        assert 0 <= low <= scores[key] <= high <= 1
        assert low < high


def random_task(draw: torch.Generator) -> ZeroShotTask:
    return ZeroShotTask(
        id_labels=torch.randint(0, 4, (60,), generator=draw),
        ood_labels=torch.randint(0, 3, (60,), generator=draw),
        seen_text=unit(torch.randn(4, 8, generator=draw)),
        unseen_text=unit(torch.randn(3, 8, generator=draw)),
        seen=tuple("abcd"),
        unseen=tuple("xyz"),
    )


def naive(features: Tensor, labels: Tensor, text: Tensor) -> float:
    """Mean over classes of the share of right images, one image at a time."""
    right: dict[int, list[bool]] = {}
    for image, label in zip(features, labels.tolist(), strict=True):
        scores = [float(image @ row) for row in text]
        right.setdefault(label, []).append(scores.index(max(scores)) == label)
    return sum(sum(hits) / len(hits) for hits in right.values()) / len(right)


def test_equal_to_a_naive_loop():
    draw = torch.Generator().manual_seed(1)
    task = random_task(draw)
    images, others = (unit(torch.randn(60, 8, generator=draw)) for _ in range(2))
    every = torch.cat([task.seen_text, task.unseen_text])
    scores = accuracies(task, images, others)
    assert scores["id"] == pytest.approx(naive(images, task.id_labels, task.seen_text))
    assert scores["ood_zero_shot"] == pytest.approx(naive(others, task.ood_labels, task.unseen_text))
    assert scores["joint_seen"] == pytest.approx(naive(images, task.id_labels, every))
    assert scores["joint_unseen"] == pytest.approx(naive(others, task.ood_labels + 4, every))


def test_features_on_their_texts_are_all_right(task: ZeroShotTask):
    scores = accuracies(task, task.seen_text[task.id_labels], task.unseen_text[task.ood_labels])
    assert scores == dict.fromkeys(KEYS, 1.0)


def test_without_unseen_classes_only_id_is_measured(task: ZeroShotTask):
    alone = replace(task, ood_labels=NOTHING, unseen_text=torch.empty(0, 2), unseen=())
    assert accuracies(alone, ID, OOD[:0]).keys() == {"id"}
    found = details(alone, ID, OOD[:0])
    assert found.per_class.keys() == {"wren", "kite", "swan"}
    assert found.confused.keys() == found.intervals.keys() == {"id"}


def test_unseen_classes_without_images(task: ZeroShotTask):
    scores = accuracies(replace(task, ood_labels=NOTHING), ID, OOD[:0])
    assert scores.keys() == {"id", "joint_seen"}
    assert scores["joint_seen"] < scores["id"]


def test_seen_classes_without_images(task: ZeroShotTask):
    scores = accuracies(replace(task, id_labels=NOTHING), ID[:0], OOD)
    assert scores.keys() == {"ood_zero_shot", "joint_unseen"}


def test_a_class_without_images_is_absent(task: ZeroShotTask):
    found = details(replace(task, id_labels=torch.tensor([0, 0, 0, 1, 1])), ID, OOD)
    assert "swan" not in found.per_class


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seen": ("wren", "kite")}, "2 seen classes have 3 texts"),
        ({"unseen": ("wren", "dove")}, "'wren' is both seen and unseen"),
        ({"id_labels": torch.tensor([3])}, r"seen classes is outside 0\.\.2"),
        ({"ood_labels": torch.tensor([-1])}, r"unseen classes is outside 0\.\.1"),
    ],
)
def test_a_task_that_contradicts_itself(task: ZeroShotTask, change: dict[str, object], message: str):
    with pytest.raises(InputError, match=message):
        replace(task, **change)


def test_features_of_another_set(task: ZeroShotTask):
    with pytest.raises(InputError, match="4 features for 5 id images"):
        accuracies(task, ID[:4], OOD)
