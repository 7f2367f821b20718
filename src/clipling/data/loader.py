"""Batches of images: for training in an order that (seed, epoch) decides, for evaluation in the order of the rows.

A whole batch is made by one worker process, in one tensor. The workers live as long as the loader, over all epochs.

Shapes: B images in the batch, S x S pixels of C channels.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Int64, Shaped
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from clipling.contracts.errors import InputError
from clipling.data.augment import augment, centre_crop
from clipling.data.config import Augmentation
from clipling.data.orders import balanced_order, steps_per_epoch
from clipling.data.pixels import Pixels
from clipling.data.workers import begin_work, handed_over, workers_with_room


class Batch(NamedTuple):
    """Images and which they are: `rows` are their rows in the file list of the pixels."""

    images: Shaped[Tensor, "B C S S"]
    rows: Int64[Tensor, " B"]


class Order(NamedTuple):
    """What a worker is asked for: rows of the file list, and their positions in the order of an epoch."""

    rows: Int64[np.ndarray, " B"]
    positions: Int64[np.ndarray, " B"]
    epoch: int


class Batches(Dataset[Batch | InputError]):
    """Whole batches by their `Order`, each as it is seen in that epoch; an error comes in place of its batch."""

    @property
    def image_bytes(self) -> int:
        """What one image of a batch takes in memory."""
        raise NotImplementedError


class OrderedLoader:
    """Batches of any epoch; the same for every number of workers.

    rows: the rows of `images` to train on. few: rows of few shots besides, of which each batch holds as many as there
    are, up to half of it. batch_size: images of all processes together in a step; process `rank` of
    `world_size` gets the rank-th part of each batch. repeats: how often an epoch sees each image. workers: processes
    that make batches; with 0 this one does. pin_memory: put batches where a GPU copies them from without waiting.
    Raises InputError when a batch holds more images than an epoch, or does not divide among the processes.
    """

    def __init__(
        self,
        images: Batches,
        rows: Sequence[int],
        *,
        few: Sequence[int] = (),
        batch_size: int,
        repeats: int = 1,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
        workers: int,
        pin_memory: bool = False,
    ) -> None:
        if batch_size < 1 or batch_size % world_size:
            raise InputError(
                f"--batch-size is {batch_size}; expected a positive multiple of the {world_size} processes"
            )
        self.steps = steps_per_epoch(len(rows), batch_size, repeats, len(few))
        self.batch_size = batch_size
        many, some = (np.asarray(several, np.int64) for several in (rows, few))
        self._orders = _EpochOrders(many, some, batch_size, repeats, seed, rank, world_size)
        workers = workers_with_room(workers, batch_size // world_size * images.image_bytes)
        self._batches = _batches(images, self._orders, workers, persistent=True, pin_memory=pin_memory)

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch. Raises UnreadableImage."""
        self._orders.epoch = epoch
        return handed_over(self._batches)


class TrainingLoader(OrderedLoader):
    """Augmented batches of `pixels`: random crops of `size` and whatever else `augmentation` says."""

    def __init__(
        self,
        pixels: Pixels,
        rows: Sequence[int],
        *,
        few: Sequence[int] = (),
        size: int,
        augmentation: Augmentation,
        batch_size: int,
        repeats: int = 1,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
        workers: int,
        pin_memory: bool = False,
    ) -> None:
        """The other options are those of `OrderedLoader`."""
        super().__init__(
            _Images(pixels, size, augmentation, seed),
            rows,
            few=few,
            batch_size=batch_size,
            repeats=repeats,
            seed=seed,
            rank=rank,
            world_size=world_size,
            workers=workers,
            pin_memory=pin_memory,
        )


def evaluation_loader(
    pixels: Pixels, rows: Sequence[int], *, size: int, batch_size: int, workers: int
) -> Iterable[Batch]:
    """Centre crops of the rows, in their order, the last batch as full as it comes. Raises UnreadableImage."""
    wanted = np.asarray(rows, np.int64)
    places = np.arange(len(wanted))
    parts = [slice(start, start + batch_size) for start in range(0, len(wanted), batch_size)]
    orders = [Order(wanted[part], places[part], 0) for part in parts]
    images = _Images(pixels, size, None, 0)
    workers = workers_with_room(min(workers, len(orders)), batch_size * images.image_bytes)
    return handed_over(_batches(images, orders, workers, persistent=False, pin_memory=False))


class _EpochOrders:
    """The orders of one epoch after another: `epoch` is set before it is iterated."""

    def __init__(
        self,
        many: Int64[np.ndarray, " N"],
        few: Int64[np.ndarray, " F"],
        batch_size: int,
        repeats: int,
        seed: int,
        rank: int,
        world_size: int,
    ) -> None:
        self.epoch = 0
        self._rows = np.concatenate([many, few])
        self._many, self._few, self._repeats, self._seed = len(many), len(few), repeats, seed
        self._batch_size, self._share, self._rank = batch_size, batch_size // world_size, rank

    def __iter__(self) -> Iterator[Order]:
        order = balanced_order(
            self._many, self._few, self._batch_size, self._repeats, seed=self._seed, epoch=self.epoch
        )
        return iter(self._orders(order, self.epoch))

    def _orders(self, order: Int64[np.ndarray, " N"], epoch: int) -> Iterator[Order]:
        for step in range(len(order) // self._batch_size):
            first = step * self._batch_size + self._rank * self._share
            positions = np.arange(first, first + self._share)
            yield Order(self._rows[order[positions]], positions, epoch)


@dataclass(frozen=True)
class _Images(Batches):
    """Whole batches by their order: augmented, or the centre crop where no augmentation is given."""

    pixels: Pixels
    size: int
    augmentation: Augmentation | None
    seed: int

    @property
    def image_bytes(self) -> int:
        """Three colours."""
        return 3 * self.size * self.size

    def __getitem__(self, order: Order) -> Batch | InputError:
        images = torch.empty(len(order.rows), 3, self.size, self.size, dtype=torch.uint8)
        try:
            for place, (row, position) in enumerate(zip(order.rows.tolist(), order.positions.tolist(), strict=True)):
                images[place] = self._image(row, position, order.epoch)
        except InputError as error:  # handed over, as the loader's own way wraps a traceback around the message
            return error
        return Batch(images, torch.from_numpy(order.rows))

    def _image(self, row: int, position: int, epoch: int) -> Tensor:
        pixels = self.pixels[row]
        if self.augmentation is None:
            return centre_crop(pixels, self.size)
        return augment(pixels, self.size, self.augmentation, seed=self.seed, epoch=epoch, position=position)


def _batches(
    images: Batches, orders: Iterable[Order], workers: int, *, persistent: bool, pin_memory: bool
) -> DataLoader[Batch | InputError]:
    return DataLoader(
        images,
        batch_size=None,  # an order is a batch already
        sampler=orders,
        collate_fn=_as_it_is,
        num_workers=workers,
        worker_init_fn=begin_work,
        persistent_workers=persistent and workers > 0,
        pin_memory=pin_memory,
        generator=torch.Generator(),  # else each epoch would draw from the global one
    )


def _as_it_is(batch: Any) -> Any:
    return batch
