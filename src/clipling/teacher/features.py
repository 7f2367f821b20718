"""Stored features of a teacher, for reading: a folder that says what it holds, refused when that is not what is wanted.

Shapes: N images asked for, V views of each where the key says there are several, D embedding width.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from clipling.contracts.conform import conform
from clipling.contracts.errors import InputError
from clipling.files import hash_file, hash_strings, read_json, read_text
from clipling.teacher.key import TeacherKey
from clipling.tensor_files import require_unit
from clipling.tensors import unit

_MEND = "`clipling features --rebuild` makes the features anew, or delete the folder"


class FeatureStore:
    """Features of images by their file names; the rows stay on disk, memory-mapped.

    `files` in the order of the rows, `width` D, `key` of the teacher, `skipped` the files that could not be read, with
    the reason.
    """

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self.key = TeacherKey.from_dict(manifest, folder / "manifest.json")
        self.files = read_files(folder, manifest)
        self.image = _read_image(folder, len(self.files), self.key.views, manifest)
        self.width = int(self.image.shape[-1])
        self.skipped = read_skipped(folder)
        self._row = {file: row for row, file in enumerate(self.files)}

    @classmethod
    def open(cls, folder: str | Path, *, expected: TeacherKey | None = None) -> "FeatureStore":
        """The store in `folder`, checked against its own hashes.

        Raises InputError when there is none, when a file of it is damaged, and, given `expected`, when it was made
        with another teacher, preprocessing or precision: the message holds every difference.
        """
        folder = Path(folder)
        if not (folder / "manifest.json").is_file():
            raise InputError(f"{folder}: no features in it (manifest.json is absent); run `clipling features` first")
        manifest = read_json(folder / "manifest.json")
        key = TeacherKey.from_dict(manifest, folder / "manifest.json")
        if expected is not None:
            key.require(expected, folder)
        return cls(folder, manifest)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, file: object) -> bool:
        return file in self._row

    def rows(self, files: Sequence[str]) -> Float[Tensor, "N *V D"]:
        """float32 unit rows of the files, in their order; a file may be asked for more than once.

        (N, D), or (N, V, D) when the store holds several views of an image, the image as it is first.

        Raises InputError naming files that are not stored.
        """
        absent = [file for file in files if file not in self._row]
        if absent:
            reason = f"skipped: {self.skipped[absent[0]]}" if absent[0] in self.skipped else "extract it first"
            raise InputError(f"{self.folder}: no features of {len(absent)} files, the first is {absent[0]} ({reason})")
        places = [self._row[file] for file in files]
        rows = unit(torch.from_numpy(self.image[places].astype(np.float32)))
        require_unit(rows, str(self.folder / "image.npy"))
        return rows


def read_skipped(folder: Path) -> dict[str, str]:
    """The files that could not be read when the features were made, with the reason. Raises InputError."""
    path = folder / "skipped.json"
    skipped: dict[str, str] = conform(dict[str, str], read_json(path), f"{path}: the content")
    return skipped


def read_files(folder: Path, manifest: dict[str, Any]) -> tuple[str, ...]:
    """The names in `files.txt`. Raises InputError when they are not those the manifest was written for."""
    path = folder / "files.txt"
    files = tuple(read_text(path).split("\n")[:-1])
    if hash_strings(files) != manifest.get("files"):
        raise InputError(f"{path}: not the list that manifest.json was written for; {_MEND}")
    return files


def read_stamps(folder: Path, count: int) -> NDArray[np.int64]:
    """The stamps (N, 3) of the stored images. Raises InputError when the file is damaged."""
    stamps = _read_array(folder / "stamps.npy", np.dtype(np.int64))
    if stamps.shape != (count, 3):
        raise InputError(f"{folder / 'stamps.npy'}: holds {stamps.shape}, expected {(count, 3)}; {_MEND}")
    return np.array(stamps)


def _read_image(folder: Path, count: int, views: int, manifest: dict[str, Any]) -> NDArray[np.float16]:
    path = folder / "image.npy"
    image = _read_array(path, np.dtype(np.float16))
    expected = (count,) if views == 1 else (count, views)
    if image.shape[:-1] != expected:
        raise InputError(f"{path}: holds {image.shape}, expected {expected} rows; {_MEND}")
    if hash_file(path) != manifest.get("image"):
        raise InputError(f"{path}: damaged or replaced, its hash is not that of manifest.json; {_MEND}")
    return image


def _read_array(path: Path, dtype: "np.dtype[Any]") -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path}: absent; {_MEND}") from None
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path}: damaged or cut short ({error}); {_MEND}") from error
    if array.dtype != dtype:
        raise InputError(f"{path}: holds {array.dtype}, expected {dtype}; {_MEND}")
    return array
