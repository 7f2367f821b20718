from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.data.augment import augment, centre_crop
from clipling.data.config import Augmentation
from clipling.data.decode import UnreadableImage
from clipling.data.folder import scan
from clipling.data.loader import Batch, TrainingLoader, evaluation_loader
from clipling.data.pixels import Pixels

Make = Callable[[dict[str, int]], Path]


@pytest.fixture
def pixels(make_images: Make) -> Pixels:
    root = make_images({"cup": 12, "tree": 11})
    return Pixels(root, scan(root).files, 12)


def loader(pixels: Pixels, workers: int = 0, **more: int) -> TrainingLoader:
    settings = {"batch_size": 6, "repeats": 2, "seed": 3} | more
    return TrainingLoader(pixels, range(23), size=8, augmentation=Augmentation(), workers=workers, **settings)


def equal(first: list[Batch], second: list[Batch]) -> bool:
    pairs = list(zip(first, second, strict=True))
    return all(torch.equal(a.images, b.images) and torch.equal(a.rows, b.rows) for a, b in pairs)


def test_batches_hold_the_augmented_images_of_their_rows(pixels: Pixels) -> None:
    batches = list(loader(pixels).epoch(4))
    assert len(batches) == loader(pixels).steps == 7
    assert batches[0].images.shape == (6, 3, 8, 8)
    for position, row in enumerate(torch.cat([batch.rows for batch in batches]).tolist()):
        expected = augment(pixels[row], 8, Augmentation(), seed=3, epoch=4, position=position)
        assert torch.equal(batches[position // 6].images[position % 6], expected)


def test_an_epoch_sees_every_image_as_often_as_asked(pixels: Pixels) -> None:
    rows = torch.cat([batch.rows for batch in loader(pixels, batch_size=23).epoch(0)])
    assert rows.bincount().tolist() == [2] * 23
    assert sorted(rows[:23].tolist()) == list(range(23))


@pytest.mark.parametrize("workers", [1, 2])
def test_the_number_of_workers_changes_nothing(pixels: Pixels, workers: int) -> None:
    alone, helped = loader(pixels), loader(pixels, workers)
    for epoch in (0, 1):
        assert equal(list(alone.epoch(epoch)), list(helped.epoch(epoch)))


def test_processes_share_each_batch(pixels: Pixels) -> None:
    whole = list(loader(pixels).epoch(1))
    parts = [list(loader(pixels, rank=rank, world_size=3).epoch(1)) for rank in range(3)]
    joined = [
        Batch(*(torch.cat(tensors) for tensors in zip(*batches, strict=True))) for batches in zip(*parts, strict=True)
    ]
    assert equal(joined, whole)


def test_few_shots_stand_in_every_batch_and_processes_share_them(pixels: Pixels) -> None:
    def few(rank: int = 0, world_size: int = 1) -> list[list[int]]:
        made = TrainingLoader(
            pixels,
            range(20),
            few=[22, 20, 21],
            size=8,
            augmentation=Augmentation(),
            batch_size=6,
            seed=0,
            workers=0,
            rank=rank,
            world_size=world_size,
        )
        assert made.steps == 6
        return [batch.rows.tolist() for batch in made.epoch(1)]

    whole = few()
    assert all({20, 21, 22} < set(batch) for batch in whole)
    assert [a + b for a, b in zip(few(0, 2), few(1, 2), strict=True)] == whole


def test_rows_choose_among_the_images(pixels: Pixels) -> None:
    chosen = TrainingLoader(pixels, [20, 5, 9], size=8, augmentation=Augmentation(), batch_size=3, seed=0, workers=0)
    (batch,) = chosen.epoch(0)
    assert sorted(batch.rows.tolist()) == [5, 9, 20]


@pytest.mark.parametrize("workers", [0, 1])
def test_the_global_generator_is_left_alone(pixels: Pixels, workers: int) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(loader(pixels, workers).epoch(0))
    list(evaluation_loader(pixels, range(3), size=8, batch_size=2, workers=workers))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("workers", [0, 2])
def test_evaluation_keeps_the_order_and_every_row(pixels: Pixels, workers: int) -> None:
    rows = [4, 0, 22, 4, 7]
    batches = list(evaluation_loader(pixels, rows, size=8, batch_size=2, workers=workers))
    assert [batch.rows.tolist() for batch in batches] == [[4, 0], [22, 4], [7]]
    images = torch.cat([batch.images for batch in batches])
    assert all(torch.equal(image, centre_crop(pixels[row], 8)) for row, image in zip(rows, images, strict=True))
    assert list(evaluation_loader(pixels, [], size=8, batch_size=2, workers=workers)) == []


@pytest.mark.parametrize("workers", [0, 1])
def test_an_unreadable_image_is_named_plainly(pixels: Pixels, workers: int) -> None:
    (pixels.root / pixels.files[5]).write_bytes(b"")
    with pytest.raises(UnreadableImage) as raised:
        list(loader(pixels, workers).epoch(0))
    assert "\n" not in str(raised.value)
    assert pixels.files[5] in str(raised.value)


@pytest.mark.parametrize("wrong", [{"batch_size": 47}, {"batch_size": 0}, {"batch_size": 6, "world_size": 4}])
def test_batches_that_cannot_be_are_named(pixels: Pixels, wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"--batch-size is {wrong['batch_size']}"):
        loader(pixels, **wrong)


def test_batches_are_uint8_with_int64_rows(pixels: Pixels) -> None:
    batch = next(loader(pixels, 1).epoch(0))
    assert (batch.images.dtype, batch.rows.dtype) == (torch.uint8, torch.int64)
    assert np.asarray(batch.images).flags.c_contiguous
