"""Images decoded ahead of the tower, in order: in worker processes, or in one thread when there are none.

Pillow lets go of the interpreter while it decodes, so that even a single thread keeps the tower from waiting.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from clipling.data.decode import UnreadableImage, decode_image
from clipling.data.workers import begin_work, handed_over, workers_with_room
from clipling.teacher.pixels import Preprocessing
from clipling.teacher.stamps import Stamp, stamp_of
from clipling.teacher.views import Views

T = TypeVar("T")


class Failure(NamedTuple):
    """A file that cannot be decoded: the whole message, and the reason in a few words."""

    file: str
    message: str
    reason: str


class Decoded(NamedTuple):
    """One image: its file, its stamp, its pixels uint8, (3, S, S) or those of its views (V, 3, S, S)."""

    file: str
    stamp: Stamp
    pixels: Tensor


class Batch(NamedTuple):
    """Up to a batch of images: files and stamps row by row, pixels (B, ...) uint8, and what failed."""

    files: list[str]
    stamps: list[Stamp]
    pixels: Tensor
    failures: list[Failure]


class _Images(Dataset[Decoded | Failure]):
    def __init__(self, root: Path, files: Sequence[str], pixels: Preprocessing | Views) -> None:
        self.root, self.files, self.pixels = root, files, pixels

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Decoded | Failure:
        file = self.files[index]
        path = self.root / file
        try:
            stamp = stamp_of(path)  # before the pixels: a file that changes in between is then encoded again next time
            return Decoded(file, stamp, self.pixels.prepare(decode_image(path)))
        except UnreadableImage as error:
            return Failure(file, str(error), error.reason)
        except ValueError as error:  # a picture so narrow that nothing is left of it after the resize
            return Failure(file, f"{path}: cannot be resized ({error})", str(error))


def batches(
    root: Path, files: Sequence[str], pixels: Preprocessing | Views, *, batch_size: int, workers: int, pin: bool
) -> Iterator[Batch]:
    """The images of `files` in their order, decoded ahead of their use."""
    workers = workers_with_room(workers, batch_size * pixels.image_bytes)
    loader: DataLoader[Decoded | Failure] = DataLoader(
        _Images(root, files, pixels),
        batch_size=batch_size,
        num_workers=workers,
        collate_fn=_collate,
        worker_init_fn=begin_work,
        pin_memory=pin,
        generator=torch.Generator(),  # its own: else the loader would draw from the global one and shift later draws
    )
    return handed_over(loader) if workers else ahead(loader)


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, the next one made in a thread while the last one is in use."""
    iterator = iter(items)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, iterator, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, iterator, None)
            yield item


def _collate(items: list[Decoded | Failure]) -> Batch:
    good = [item for item in items if isinstance(item, Decoded)]
    pixels = torch.stack([item.pixels for item in good]) if good else torch.empty(0, 3, 1, 1, dtype=torch.uint8)
    return Batch(
        [item.file for item in good],
        [item.stamp for item in good],
        pixels,
        [item for item in items if isinstance(item, Failure)],
    )
