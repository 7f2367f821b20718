"""None of these: the limit is that of a plain loop, seen classes alone decide it, and it survives a bundle."""

import json
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from clipling.contracts.errors import InputError
from clipling.deploy import Student, write_bundle
from clipling.deploy.threshold import Shares, Threshold, threshold_of
from clipling.evaluation import ZeroShotTask
from clipling.evaluation.shots import halves
from clipling.student import StudentNet
from clipling.tensors import unit

SEEN, UNSEEN, EACH = tuple("abcdef"), ("u", "v"), 15


@pytest.fixture
def task() -> ZeroShotTask:
    text = unit(torch.randn(8, 16, generator=torch.Generator().manual_seed(0)))
    return ZeroShotTask(
        id_labels=torch.arange(6).repeat_interleave(EACH),
        ood_labels=torch.arange(2).repeat_interleave(EACH),
        seen_text=text[:6],
        unseen_text=text[6:],
        seen=SEEN,
        unseen=UNSEEN,
    )


def near(text: torch.Tensor, labels: torch.Tensor, noise: float) -> torch.Tensor:
    return unit(text[labels] + noise * torch.randn(len(labels), 16, generator=torch.Generator().manual_seed(1)))


def test_images_at_their_own_text_are_all_kept_and_others_all_rejected(task: ZeroShotTask) -> None:
    axes = torch.eye(16)
    task = replace(task, seen_text=axes[:6], unseen_text=axes[6:8])
    found = threshold_of(task, axes[task.id_labels], axes[6 + task.ood_labels], seed=0)
    assert found == Threshold(1.0, Shares(3, 1.0, 1.0), Shares(6, 1.0, 1.0))


def test_it_is_what_a_plain_loop_finds(task: ZeroShotTask) -> None:
    images = near(task.seen_text, task.id_labels, 0.5)
    found = threshold_of(task, images, torch.empty(0, 16), seed=3)
    assert found is not None
    known: list[list[float]] = []
    unknown: list[list[float]] = []
    for half in halves(SEEN, seed=3):
        rows = [SEEN.index(name) for name in half]
        for where, wanted in ((known, True), (unknown, False)):
            ours = [
                image for image, label in zip(images, task.id_labels.tolist(), strict=True) if (label in rows) == wanted
            ]
            where.append([max(float(image @ task.seen_text[row]) for row in rows) for image in ours])
    limits = [sorted(cosines)[int(0.05 * len(cosines))] for cosines in known]
    kept = [
        cosine >= other - 1e-6 for cosines, other in zip(known, reversed(limits), strict=True) for cosine in cosines
    ]
    rejected = [cosine < other for cosines, other in zip(unknown, reversed(limits), strict=True) for cosine in cosines]
    everything = sorted(chain(*known))
    assert found.cosine == pytest.approx(everything[int(0.05 * len(everything))], abs=1e-6)
    assert found.seen.known_kept == pytest.approx(sum(kept) / len(kept))
    assert found.seen.unknown_rejected == pytest.approx(sum(rejected) / len(rejected))
    assert 0 < found.seen.unknown_rejected < 1
    assert found.unseen is None


def test_unseen_classes_decide_nothing(task: ZeroShotTask) -> None:
    images = near(task.seen_text, task.id_labels, 0.5)
    one, other = (
        threshold_of(task, images, near(text, task.ood_labels, 0.1), seed=0)
        for text in (task.unseen_text, task.seen_text)
    )
    assert one is not None
    assert other is not None
    assert (one.cosine, one.seen) == (other.cosine, other.seen)
    assert one.unseen != other.unseen


def test_too_few_images_or_classes_give_none(task: ZeroShotTask) -> None:
    few = replace(task, id_labels=task.id_labels[::5])
    assert threshold_of(few, near(task.seen_text, few.id_labels, 0.5), torch.empty(0, 16), seed=0) is None
    single = replace(task, seen_text=task.seen_text[:1], seen=("a",), id_labels=torch.zeros(90, dtype=torch.int64))
    assert threshold_of(single, near(task.seen_text, single.id_labels, 0.5), torch.empty(0, 16), seed=0) is None


def test_json_and_back() -> None:
    threshold = Threshold(0.25, Shares(3, 0.95, 0.5))
    entry = json.loads(json.dumps(threshold.as_json()))
    assert Threshold.of_results({"none_of_these": entry}) == threshold
    assert Threshold.of_results(None) is None
    with pytest.raises(InputError, match=r"none_of_these\.seen is missing; expected a cosine"):
        Threshold.of_results({"none_of_these": {"cosine": 0.25}})


@pytest.fixture
def calibrated(tmp_path: Path, net: StudentNet, facts: dict[str, Any], picture: Image.Image) -> Student:
    """A student whose limit lies just above the cosine of `picture`, and just below that of nothing else."""
    write_bundle(tmp_path / "plain", net, **facts)
    student = Student.load(tmp_path / "plain")
    limit = float(student.nearness(student.encode_image(picture))) + 1e-4
    results = {"none_of_these": Threshold(limit, Shares(2, 0.95, 0.5), Shares(3, 0.9, 0.4)).as_json()}
    write_bundle(tmp_path / "student", net, **{**facts, "results": results})
    assert "| unseen classes | 3 | 90.0% | 40.0% |" in (tmp_path / "student" / "README.md").read_text()
    return Student.load(tmp_path / "student")


def test_an_image_too_far_from_every_class_has_no_answer(calibrated: Student, picture: Image.Image) -> None:
    assert calibrated.predict([picture, picture], threshold="calibrated") == [[], []]
    assert calibrated.threshold is not None
    just_below = calibrated.threshold.cosine - 2e-4
    assert calibrated.predict(picture, threshold=just_below) == calibrated.predict(picture)


def test_a_threshold_that_does_not_apply_is_refused(calibrated: Student, tmp_path: Path, picture: Image.Image) -> None:
    with pytest.raises(InputError, match="no calibrated threshold"):
        Student.load(tmp_path / "plain").predict(picture, threshold="calibrated")
    calibrated._as_trained = False
    with pytest.raises(InputError, match="another template"):
        calibrated.predict(picture, threshold="calibrated")
