"""Stored pixels on disk: complete or absent, found by their key, never changed once complete.

A cache is a folder with `pixels.u8` (all images, flat), `index.npy` (N x 3: offset, height, width), `files.txt`,
`stamps.npy` (N x 2: size and modification time of each file) and, written last, `manifest.json`, its seal. The folder's
name is the hash of what it was made of, the manifest holds that of the index: a damaged cache is noticed, named, and
made anew. Callers hold the lock of the folder that the caches lie in.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import Int64

from clipling.contracts.conform import conform
from clipling.contracts.errors import InputError
from clipling.contracts.system import make_folder
from clipling.data.decode import UnreadableImage, image_size
from clipling.data.storage import storage_rule, stored, stored_shape
from clipling.files import atomic, hash_file, hash_strings, read_json, read_text, write_array, write_json, write_lines

Progress = Callable[[int, int], None]
_SEAL = "manifest.json"
_SCHEMA = 2
_DAMAGE = (InputError, OSError, ValueError, EOFError, MemoryError)
_log = logging.getLogger(__name__)
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
        return _key(self.about, self.stamps, self.files)


@dataclass(frozen=True)
class Cache:
    """A complete cache, read and found sound."""

    folder: Path
    about: dict[str, Any]
    rows: dict[str, int]
    stamps: Int64[np.ndarray, "N 2"]
    index: Int64[np.ndarray, "N 3"]

    def holds(self, wanted: Request) -> bool:
        """Whether the wanted images are in it as the files are now."""
        if self.about != wanted.about or not self.rows.keys() >= set(wanted.files):
            return False
        return np.array_equal(self.stamps[[self.rows[file] for file in wanted.files]], wanted.stamps)

    def places(self, files: Sequence[str]) -> Int64[np.ndarray, "N 3"]:
        """Offset, height and width of each file in `pixels.u8`."""
        return self.index[[self.rows[file] for file in files]]


def request(root: Path, files: Sequence[str], size: int) -> Request:
    """The request for these files, each counted once. Raises UnreadableImage for a file that is absent."""
    once = tuple(dict.fromkeys(files))
    return Request(root, once, size, _stamps(root, once))


def find_cache(folder: Path, wanted: Request) -> Cache | None:
    """The complete cache in `folder` that holds the wanted images as the files are now: just them, or among others.

    A damaged one that is met on the way is named, and removed.
    """
    exact = folder / wanted.key
    others = (cache for cache in _complete(folder) if cache != exact)
    for place in (exact, *others):
        cache = _sound(place) if (place / _SEAL).exists() else None
        if cache is not None and cache.holds(wanted):
            return cache
    return None


def build_cache(folder: Path, wanted: Request, *, budget: int, workers: int, progress: Progress | None) -> Cache | None:
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
            seal = {"schema": _SCHEMA, "images": len(index), "about": wanted.about}
            write_json(cache / _SEAL, seal | {"index": hash_file(cache / "index.npy")})
            complete = True
    finally:
        if not complete:
            shutil.rmtree(cache, ignore_errors=True)
    return _read(cache) if complete else None


def _key(about: dict[str, Any], stamps: Int64[np.ndarray, "N 2"], files: Iterable[str]) -> str:
    return hash_strings([repr(about), stamps.tobytes().hex(), *files])[:16]


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
    return sorted(manifest.parent for manifest in folder.glob(f"*/{_SEAL}"))


def _sound(place: Path) -> Cache | None:
    """The cache in `place`; one that is damaged is named and removed, one of another version removed."""
    try:
        cache = _read(place)
    except _DAMAGE as error:
        _log.warning("%s: damaged (%s); these decoded images are discarded and made anew", place, error)
        cache = None
    if cache is None:
        shutil.rmtree(place, ignore_errors=True)
    return cache


def _read(place: Path) -> Cache | None:
    """The cache in `place`, None for one that another version of clipling made.

    Raises one of `_DAMAGE` for one that is not as it was written.
    """
    manifest = conform(dict[str, Any], read_json(place / _SEAL), _SEAL)
    if manifest.get("schema") != _SCHEMA:
        return None
    about = conform(dict[str, Any], manifest.get("about"), "about")
    files = read_text(place / "files.txt").split("\n")[:-1]
    stamps, index = (np.load(place / f"{name}.npy", allow_pickle=False) for name in ("stamps", "index"))
    count = len(files)
    if not count or stamps.dtype != np.int64 or (stamps.shape, index.shape) != ((count, 2), (count, 3)):
        raise ValueError("its files do not go together")
    if _key(about, stamps, files) != place.name:
        raise ValueError("names, stamps or manifest are not those it was made with")
    if hash_file(place / "index.npy") != manifest.get("index"):
        raise ValueError("the index is not the one that was written")
    size, (offset, height, width) = (place / "pixels.u8").stat().st_size, index[-1].tolist()
    if size != offset + 3 * height * width:
        raise ValueError(f"pixels.u8 has {size} bytes, expected {offset + 3 * height * width}")
    return Cache(place, about, {file: row for row, file in enumerate(files)}, stamps, index)


def _remove_outdated(folder: Path, wanted: Request) -> None:
    complete = _complete(folder)
    for place in folder.iterdir():
        if not place.is_dir():
            continue
        cache = _sound(place) if place in complete else None
        if cache is None or _outdated(cache, wanted):
            shutil.rmtree(place, ignore_errors=True)


def _outdated(cache: Cache, wanted: Request) -> bool:
    if cache.about["root"] != wanted.about["root"]:
        return False
    if cache.about["rule"] != storage_rule(cache.about["rule"]["size"]):
        return True
    try:
        now = _stamps(wanted.root, list(cache.rows))
    except UnreadableImage:
        return True
    return not np.array_equal(cache.stamps, now)


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
