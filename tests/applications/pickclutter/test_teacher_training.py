"""The script that trains the teacher of the simulated scenes: its arithmetic, and a training that leaves a teacher."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import open_clip
import pytest
import torch

from clipling.applications.pickclutter.objects import OBJECTS

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    sys.path.insert(0, str(SCRIPTS))
    try:
        import train_pickclutter_teacher

        yield train_pickclutter_teacher
    finally:
        sys.path.remove(str(SCRIPTS))
        torch.set_num_threads(before)


@pytest.fixture(scope="module")
def seen(script: ModuleType):
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (16, 128, 128, 3), generator=draw, dtype=torch.uint8)
    return script.Pictures(images, torch.rand(16, len(OBJECTS), generator=draw) < 0.2)


def test_a_sentence_tells_what_is_there(script: ModuleType) -> None:
    names = list(OBJECTS)
    banana, bowl = names.index("011_banana"), names.index("024_bowl")
    said = {script.sentence([banana, bowl], random.Random(seed)) for seed in range(40)}
    assert "a photo of a banana and a bowl" in said
    alone = {script.sentence([banana], random.Random(seed)) for seed in range(40)}
    assert any(OBJECTS["011_banana"].description in each for each in alone)
    assert not any("bowl" in each for each in alone)


def test_other_pictures_of_which_a_sentence_is_true_are_no_negatives(script: ModuleType) -> None:
    present = torch.tensor([[True, False], [True, True], [False, True]])
    told = torch.tensor([[True, False], [True, True], [False, True]])  # the first is true of the second picture too
    logits = torch.tensor([[1.0, 0.0, 0.0], [9.0, 1.0, 9.0], [0.0, 0.0, 1.0]])
    loss = script.contrast(logits, present, told)
    kept = [[1.0, 0.0, 0.0], [-torch.inf, 1.0, -torch.inf], [0.0, 0.0, 1.0]]
    by_row = torch.tensor(kept).log_softmax(1).diagonal().mean()
    by_column = torch.tensor(kept).log_softmax(0).diagonal().mean()
    assert loss.item() == pytest.approx(-(by_row + by_column).item() / 2)


def test_rankings_are_measured(script: ModuleType) -> None:
    scores = torch.tensor([[0.9, 0.1], [0.8, 0.7], [0.1, 0.6]])
    present = torch.tensor([[True, False], [False, True], [True, False]])
    assert script.mean_average_precision(scores, present) == pytest.approx(((1 + 2 / 3) / 2 + 1) / 2)
    assert script.f1_by_rank(scores, present) == pytest.approx(1 / 3)


def test_pictures_are_turned_and_keep_what_is_in_them(script: ModuleType, seen) -> None:
    totals = {
        tuple(image.sum((0, 1)).tolist()): there.tolist()
        for image, there in zip(seen.images, seen.present, strict=True)
    }
    for images, present in script.batches(seen, 8, 1, seed=0):
        for image, there in zip(images, present, strict=True):
            assert totals[tuple(image.sum((1, 2)).tolist())] == there.tolist()


def test_a_short_training_leaves_a_teacher_that_opens(script: ModuleType, seen, tmp_path: Path) -> None:
    model = script.train(seen, epochs=1, batch=8, rate=1e-3, seed=0)
    script.write_teacher(model, tmp_path)
    again = open_clip.create_model(f"local-dir:{tmp_path}").eval()
    tokens = open_clip.get_tokenizer(f"local-dir:{tmp_path}")(["a photo of a banana", "a bowl"])
    with torch.inference_mode():
        text = again.encode_text(tokens)
        torch.testing.assert_close(script.encode_text(again, tokens), text, rtol=1e-4, atol=1e-4)
    assert text.shape == (2, script.MODEL["embed_dim"])
