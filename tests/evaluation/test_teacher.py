"""A real teacher on real images, by the same door as a student."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

from clipling.data.loader import Batch
from clipling.evaluation import ZeroShotTask, accuracies, encode_images
from clipling.language.texts import class_text
from clipling.student import create_student
from clipling.teacher.tower import Teacher, load_teacher

CLASSES = 8
EACH = 4


def images_of(root: Path, part: str) -> list[tuple[Path, str]]:
    """The first images of the first classes of a list of the split."""
    by_class: dict[str, list[Path]] = {}
    for line in (root / "splits" / "0" / f"{part}.txt").read_text().splitlines():
        by_class.setdefault(Path(line).parent.name, []).append(root / line)
    return [(path, key) for key in sorted(by_class)[:CLASSES] for path in by_class[key][:EACH]]


def batches(teacher: Teacher, images: list[tuple[Path, str]]) -> Iterator[Batch]:
    pixels = torch.stack([teacher.prepare(Image.open(path).convert("RGB")) for path, _ in images])
    for rows in torch.arange(len(images)).split(12):
        yield Batch(images=pixels[rows], rows=rows)


@pytest.mark.shared
def test_a_teacher_is_far_above_chance_where_a_new_student_is_not(test_bed: Path):
    root = test_bed / "tiny-imagenet-32"
    with (root / "classes.csv").open() as table:
        names = {row["class"]: row["name"] for row in csv.DictReader(table)}
    teacher = load_teacher(f"local-dir:{test_bed / 'teacher'}")
    seen, unseen = images_of(root, "id"), images_of(root, "ood")
    keys = [tuple(sorted({key for _, key in part})) for part in (seen, unseen)]
    labels = [
        torch.tensor([order.index(key) for _, key in part]) for part, order in zip((seen, unseen), keys, strict=True)
    ]
    text = [teacher.encode_text([class_text(names[key]) for key in order]) for order in keys]
    task = ZeroShotTask(*labels, *text, *keys)

    torch.manual_seed(0)
    student = create_student("test_resnet", width=teacher.width, image_size=teacher.image_size)
    scores = {}
    for name, encoder in (("teacher", teacher), ("student", student)):
        features = [encode_images(encoder, batches(teacher, part), len(part)) for part in (seen, unseen)]
        scores[name] = accuracies(task, *features)
    assert min(scores["teacher"]["id"], scores["teacher"]["ood_zero_shot"]) > 0.4
    assert max(scores["student"]["id"], scores["student"]["ood_zero_shot"]) < 0.4
    assert scores["teacher"]["joint_unseen"] <= scores["teacher"]["ood_zero_shot"]
