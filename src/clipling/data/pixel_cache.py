"""Stored pixels on disk: complete or absent, found by their key, never changed once complete.

A cache is a folder with `pixels.u8` (all images, flat), `index.npy` (N x 3: offset, height, width), `files.txt`,
`stamps.npy` (N x 2: size and modification time of each file) and, written last, `manifest.json`, its seal.
Callers hold the lock of the folder that the caches lie in.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import Int64

from clipling.contracts.system import make_folder
from clipling.data.decode import UnreadableImage, image_size
from clipling.data.storage import storage_rule, stored, stored_shape
from clipling.files import atomic, hash_strings, read_json, read_text, write_array, write_json, write_lines

Progress = Callable[[int, int], None]
_FREE_AFTERWARDS = 256 << 20  # bytes of disk that a cache leaves to checkpoints and logs
_CHUNK = 256
_SAMPLE = 200


@dataclass(frozen=True)
class Request:
    """Images wanted at a storage size: paths relative to `root`, and the stamps of the files as they are now."""

    root: Path
    files: tuple[str, ...]
    size: int
    stamps: Int64[np.ndarray, "N 2"]

    @property
    def about(self) -> dict[str, Any]:
        """What a cache must have in common with the request, whichever its files."""
        return {"root": os.path.realpath(self.root), "rule": storage_rule(self.size)}

    @property
    def key(self) -> str:
        """Name of the cache that holds exactly these images."""
        return hash_strings([repr(self.about), self.stamps.tobytes().hex(), *self.files])[:16]


def request(root: Path, files: Sequence[str], size: int) -> Request:
    """The request for these files, each counted once. Raises UnreadableImage for a file that is absent."""
    once = tuple(dict.fromkeys(files))
    return Request(root, once, size, _stamps(root, once))


def find_cache(folder: Path, wanted: Request) -> Path | None:
    """The complete cache in `folder` that holds the wanted images as the files are now: just them, or among others."""
    exact = folder / wanted.key
    if (exact / "manifest.json").exists():
        return exact
    for cache in _complete(folder):
        if read_json(cache / "manifest.json")["about"] != wanted.about:
            continue
        rows = _rows(cache)
        if all(file in rows for file in wanted.files):
            stamps = np.load(cache / "stamps.npy")[[rows[file] for file in wanted.files]]
            if np.array_equal(stamps, wanted.stamps):
                return cache
    return None


def build_cache(folder: Path, wanted: Request, *, budget: int, workers: int, progress: Progress | None) -> Path | None:
    """Decode the wanted images into a new cache; None when it would not fit the bytes of `budget`, or the disk.

    Caches of the same root that no longer describe its files are removed first; the others count against the budget.
    Raises UnreadableImage; then, and when the process is interrupted, nothing is left behind.
    """
    make_folder(folder)
    _remove_outdated(folder, wanted)
    budget -= sum(file.stat().st_size for file in folder.glob("*/*"))
    if not _fits(folder, _estimate(wanted), budget):
        return None
    cache = folder / wanted.key
    complete = False
    try:
        with atomic(cache / "pixels.u8") as partial, partial.open("wb") as stream:
            index = _write(stream, wanted, folder, budget, workers, progress)
        if len(index) == len(wanted.files):
            write_array(cache / "index.npy", index)
            write_array(cache / "stamps.npy", wanted.stamps)
            write_lines(cache / "files.txt", wanted.files)
            write_json(cache / "manifest.json", {"schema": 1, "images": len(index), "about": wanted.about})
            complete = True
    finally:
        if not complete:
            shutil.rmtree(cache, ignore_errors=True)
    return cache if complete else None


def read_index(cache: Path, files: Sequence[str]) -> Int64[np.ndarray, "N 3"]:
    """Offset, height and width of each file in the `pixels.u8` of a cache that holds them all."""
    rows = _rows(cache)
    index: Int64[np.ndarray, "N 3"] = np.load(cache / "index.npy")[[rows[file] for file in files]]
    return index


def _stamps(root: Path, files: Sequence[str]) -> Int64[np.ndarray, "N 2"]:
    stamps = np.empty((len(files), 2), np.int64)
    for row, file in enumerate(files):
        try:
            status = (root / file).stat()
        except OSError as error:
            raise UnreadableImage(root / file, (error.strerror or "cannot be opened").lower()) from error
        stamps[row] = status.st_size, status.st_mtime_ns
    return stamps


def _complete(folder: Path) -> list[Path]:
    return sorted(manifest.parent for manifest in folder.glob("*/manifest.json"))


def _rows(cache: Path) -> dict[str, int]:
    return {file: row for row, file in enumerate(read_text(cache / "files.txt").split("\n")[:-1])}


def _remove_outdated(folder: Path, wanted: Request) -> None:
    complete = _complete(folder)
    for cache in folder.iterdir():
        if cache.is_dir() and (cache not in complete or _outdated(cache, wanted)):
            shutil.rmtree(cache, ignore_errors=True)


def _outdated(cache: Path, wanted: Request) -> bool:
    about = read_json(cache / "manifest.json")["about"]
    if about["root"] != wanted.about["root"]:
        return False
    if about["rule"] != storage_rule(about["rule"]["size"]):
        return True
    try:
        now = _stamps(wanted.root, list(_rows(cache)))
    except UnreadableImage:
        return True
    return not np.array_equal(np.load(cache / "stamps.npy"), now)


def _fits(folder: Path, size: int, budget: int) -> bool:
    return size <= budget and shutil.disk_usage(folder).free - size >= _FREE_AFTERWARDS


def _estimate(wanted: Request) -> int:
    """Bytes that the wanted images take, from the headers of an even sample of them."""
    sample = wanted.files[:: max(1, len(wanted.files) // _SAMPLE)]
    shapes = [stored_shape(*image_size(wanted.root / file), wanted.size) for file in sample]
    return sum(3 * height * width for height, width in shapes) * len(wanted.files) // len(sample)


def _write(
    stream: BinaryIO, wanted: Request, folder: Path, budget: int, workers: int, progress: Progress | None
) -> Int64[np.ndarray, "M 3"]:
    """Write the pixels one image after the other, and return their index; it ends early where the room does."""
    index = list[tuple[int, int, int]]()
    offset = 0
    # Threads: Pillow lets go of the interpreter lock while it decodes and resizes, and nothing has to be copied over.
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for files in _chunks(wanted.files):
            paths = [wanted.root / file for file in files]
            for pixels in pool.map(stored, paths, repeat(wanted.size)):
                stream.write(pixels.data)
                index.append((offset, *pixels.shape[:2]))
                offset += pixels.nbytes
            if offset > budget or not _fits(folder, 0, budget):
                break
            if progress is not None:
                progress(len(index), len(wanted.files))
    return np.array(index if offset <= budget else [], np.int64).reshape(-1, 3)


def _chunks(files: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(files), _CHUNK):
        yield files[start : start + _CHUNK]
