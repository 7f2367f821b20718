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
from clipling.data.loader import Batch, TrainingLoader, epoch_order, evaluation_loader, steps_per_epoch
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


def test_order_depends_on_seed_and_epoch_only() -> None:
    orders = [epoch_order(50, 2, seed=seed, epoch=epoch).tolist() for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    assert orders[0] == epoch_order(50, 2, seed=0, epoch=0).tolist()
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert orders[0][:50] != orders[0][50:]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_number_of_workers_changes_nothing(pixels: Pixels, workers: int) -> None:
    alone, helped = loader(pixels), loader(pixels, workers)
    for epoch in (0, 1):
        assert equal(list(alone.epoch(epoch)), list(helped.epoch(epoch)))


@pytest.mark.parametrize("workers", [0, 1])
def test_an_epoch_resumes_at_any_step(pixels: Pixels, workers: int) -> None:
    whole = list(loader(pixels, workers).epoch(2))
    resumed = loader(pixels, workers)
    next(resumed.epoch(1))
    assert equal(list(resumed.epoch(2, start=3)), whole[3:])
    assert equal(list(resumed.epoch(2)), whole)


def test_processes_share_each_batch(pixels: Pixels) -> None:
    whole = list(loader(pixels).epoch(1))
    parts = [list(loader(pixels, rank=rank, world_size=3).epoch(1)) for rank in range(3)]
    joined = [
        Batch(*(torch.cat(tensors) for tensors in zip(*batches, strict=True))) for batches in zip(*parts, strict=True)
    ]
    assert equal(joined, whole)


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


def test_steps_fill_whole_batches_only() -> None:
    assert steps_per_epoch(100, 32) == 3
    assert steps_per_epoch(100, 32, 2) == 6
    with pytest.raises(InputError, match="--batch-size is 64, but there are only 50 training images"):
        steps_per_epoch(50, 64)
    assert steps_per_epoch(50, 64, 2) == 1


@pytest.mark.parametrize("wrong", [{"batch_size": 47}, {"batch_size": 0}, {"batch_size": 6, "world_size": 4}])
def test_batches_that_cannot_be_are_named(pixels: Pixels, wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"--batch-size is {wrong['batch_size']}"):
        loader(pixels, **wrong)


def test_batches_are_uint8_with_int64_rows(pixels: Pixels) -> None:
    batch = next(loader(pixels, 1).epoch(0))
    assert (batch.images.dtype, batch.rows.dtype) == (torch.uint8, torch.int64)
    assert np.asarray(batch.images).flags.c_contiguous
