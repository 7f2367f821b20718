"""The pixels of many images, at storage size, from a cache on disk where one fits, else decoded anew at each access.

Either way they are the same pixels, by the same rule (`storage.py`). The cache is shared by processes and by runs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

from clipling.data.pixel_cache import Progress, build_cache, find_cache, request
from clipling.data.storage import stored
from clipling.locks import locked


class Pixels:
    """A sequence of images: `pixels[i]` is (H, W, 3) uint8, read-only, its shorter side at most the storage size.

    Cheap to hand to worker processes: the pixels of a cache stay on disk, each process maps them for itself.
    """

    def __init__(
        self,
        root: Path,
        files: Sequence[str],
        size: int,
        *,
        cache: Path | None = None,
        index: Int64[np.ndarray, "N 3"] | None = None,
    ) -> None:
        self.root, self.files, self.size = root, tuple(files), size
        self._cache, self._index = cache, index
        self._flat: UInt8[np.ndarray, " bytes"] | None = None

    @property
    def cached(self) -> bool:
        """Whether the pixels come from a cache on disk."""
        return self._cache is not None

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> UInt8[np.ndarray, "H W 3"]:
        """The image in this row of the file list. Raises IndexError past the end, UnreadableImage without a cache."""
        flat = self._mapped()
        if flat is None or self._index is None:
            return stored(self.root / self.files[row], self.size)
        offset, height, width = self._index[row].tolist()
        return flat[offset : offset + 3 * height * width].reshape(height, width, 3)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_flat": None}

    def _mapped(self) -> UInt8[np.ndarray, " bytes"] | None:
        if self._flat is None and self._cache is not None:
            try:
                self._flat = np.memmap(self._cache / "pixels.u8", np.uint8, "r").view(np.ndarray)
            except FileNotFoundError:  # deleted since it was opened; the files themselves give the same pixels
                self._cache = None
        return self._flat


def open_pixels(
    root: Path,
    files: Sequence[str],
    *,
    size: int,
    folder: Path,
    budget_bytes: int,
    workers: int,
    progress: Progress | None = None,
) -> Pixels:
    """The pixels of `files` under `root`, from a cache in `folder` that is made now unless a complete one is there.

    size: the storage size, in pixels of the shorter side. budget_bytes: what all caches in `folder` may take together;
    beyond it, or beyond what the disk has free, images are decoded at each access. workers: threads that decode.
    progress: called with the numbers of images done and to be done. Another process that wants the same cache waits.
    Raises UnreadableImage for the first file that cannot be decoded, InputError when `folder` cannot be written.
    """
    if not files or budget_bytes <= 0:
        return Pixels(root, files, size)
    wanted = request(root, files, size)
    with locked(folder / ".lock"):
        cache = find_cache(folder, wanted)
        if cache is None:
            cache = build_cache(folder, wanted, budget=budget_bytes, workers=workers, progress=progress)
        if cache is None:
            return Pixels(root, files, size)
        pixels = Pixels(root, files, size, cache=cache.folder, index=cache.places(files))
        pixels._mapped()
        return pixels
