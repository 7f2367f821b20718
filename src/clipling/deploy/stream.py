"""Answers for any number of image files, in their order, while memory holds only a few of them.

One thread asks for the next file, a few decode, the caller's encodes and answers. A batch is what is there: full where
files come quickly, a single image where somebody hands them over one by one.

Shapes: B images in a batch, D embedding width.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Thread

import torch
from torch import Tensor

from clipling.contracts.errors import refuse_below
from clipling.contracts.records import Prediction
from clipling.data.decode import UnreadableImage
from clipling.deploy.config import BundleConfig
from clipling.deploy.pixels import pixels_of
from clipling.deploy.student import Limit, Student

_PATIENCE = 0.05  # seconds that a batch waits for another file
File = str | UnreadableImage
"""A path, or why there is none where one was expected."""
_Item = tuple[str, Future[Tensor]] | BaseException | None


@dataclass(frozen=True)
class Answer:
    """What a student says of one file, or why it cannot.

    predictions: the most probable classes, none of them where the image shows none of these. cosine: that of the
    nearest class, also where it is too far. error: why the file cannot be read.
    """

    file: str
    predictions: list[Prediction] = field(default_factory=list)
    cosine: float | None = None
    error: str | None = None


def answers(
    student: Student,
    files: Iterable[File],
    *,
    k: int = 5,
    threshold: Limit = None,
    batch_size: int = 32,
    workers: int | None = None,
) -> Iterator[Answer]:
    """One answer for each file, in order, as they come; what cannot be read answers with its error.

    files: read no further than two batches ahead. k, threshold: as in `Student.predict`. workers: threads that decode;
    by default one per processor. Raises InputError for numbers below 1 and for a threshold the bundle does not have.
    """
    refuse_below(k=(k, 1), batch_size=(batch_size, 1), workers=(workers, 1))
    return _answers(student, files, k, student.limit(threshold), batch_size, workers or os.cpu_count() or 1)


def _answers(
    student: Student, files: Iterable[File], k: int, limit: float | None, batch_size: int, workers: int
) -> Iterator[Answer]:
    with _Ahead(student, files, batch_size, workers) as ahead:
        while batch := ahead.batch():
            decoded = {place: one for place, (_, one) in enumerate(batch) if isinstance(one, Tensor)}
            said = dict(zip(decoded, _said(student, list(decoded.values()), k, limit), strict=True))
            for place, (file, one) in enumerate(batch):
                if isinstance(one, UnreadableImage):
                    yield Answer(file, error=one.reason)
                else:
                    predictions, cosine = said[place]
                    yield Answer(file, predictions, cosine)


def _said(student: Student, images: list[Tensor], k: int, limit: float | None) -> list[tuple[list[Prediction], float]]:
    if not images:
        return []
    features = student.encode_pixels(torch.stack(images))
    pairs = zip(student.ranked(features, k), student.nearness(features).tolist(), strict=True)
    return [(ranked if limit is None or cosine >= limit else [], cosine) for ranked, cosine in pairs]


class _Ahead:
    """Files that are being decoded before they are asked for, never more than two batches of them."""

    def __init__(self, student: Student, files: Iterable[File], batch_size: int, workers: int) -> None:
        self._config, self._files, self._batch_size = student.config, files, batch_size
        self._queue = Queue[_Item](2 * batch_size)
        self._stopped, self._ended = Event(), False
        self._failure: BaseException | None = None
        self._pool = ThreadPoolExecutor(workers)
        self._reader = Thread(target=self._read, daemon=True)  # it may wait for standard input for ever

    def __enter__(self) -> "_Ahead":
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)

    def batch(self) -> list[tuple[str, Tensor | UnreadableImage]]:
        """The next files with their pixels, or why there are none; empty after the last one."""
        waiting = list[tuple[str, Future[Tensor]]]()
        while not self._ended and len(waiting) < self._batch_size:
            try:
                item = self._queue.get(timeout=_PATIENCE if waiting else None)
            except Empty:
                break
            if isinstance(item, tuple):
                waiting.append(item)
            else:
                self._ended, self._failure = True, item
        if self._failure and not waiting:
            raise self._failure
        return [(file, _outcome(future)) for file, future in waiting]

    def _read(self) -> None:
        try:
            for file in self._files:
                if self._stopped.is_set():
                    return
                name = str(file.path) if isinstance(file, UnreadableImage) else file
                self._put((name, self._pool.submit(_decoded, file, self._config)))
            self._put(None)
        except BaseException as error:  # whatever stops the reading is the caller's to know
            self._put(error)

    def _put(self, item: _Item) -> None:
        while not self._stopped.is_set():
            try:
                return self._queue.put(item, timeout=_PATIENCE)
            except Full:
                continue


def _decoded(file: File, config: BundleConfig) -> Tensor:
    if isinstance(file, UnreadableImage):
        raise file
    return pixels_of(file, config)


def _outcome(future: Future[Tensor]) -> Tensor | UnreadableImage:
    try:
        return future.result()
    except UnreadableImage as error:
        return error
