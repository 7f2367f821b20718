"""Recorded scenes: an HDF5 file in the layout of the published PickClutter data, read as it is.

    <episode>/dict_str_base_camera/dict_str_rgb     (H, W, 3) uint8
    <episode>/dict_str_base_camera/dict_str_depth   (H, W, 1) float32, metres
    <episode>/dict_str_hand_camera/...              the same
    <episode>/model_ids                             (K,) byte strings such as 011_banana

Episodes are in the order of their sorted names. Only names are held in memory; each process opens the file itself.
"""

import io
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from clipling import files
from clipling.contracts.errors import InputError, unknown

try:
    import h5py
except ModuleNotFoundError:
    raise InputError("recorded scenes need h5py: pip install 'clipling[pickclutter]'") from None

_CAMERAS = ("dict_str_base_camera", "dict_str_hand_camera")
_RGB, _DEPTH, _OBJECTS = "dict_str_rgb", "dict_str_depth", "model_ids"
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Observation:
    """One scene: what both cameras saw, and which objects were there."""

    name: str
    base_rgb: Array
    """(H, W, 3) uint8."""
    base_depth: Array
    """(H, W, 1) float32, metres."""
    hand_rgb: Array
    hand_depth: Array
    objects: tuple[str, ...] = ()
    """Identities such as `011_banana`; none where it is not known what is there."""


class Episodes(Sequence[Observation]):
    """The scenes of a file, read one by one.

    known: the identities that may occur; another one is an error. None allows any.
    Raises InputError, naming file and episode, for whatever is not in the layout.
    """

    def __init__(self, path: Path | str, known: Collection[str] | None = None) -> None:
        self.path = Path(path)
        self._known = known
        self._handle: tuple[int, Any] | None = None
        self.names: tuple[str, ...] = tuple(sorted(self._file()))
        if not self.names:
            raise InputError(f"{self.path}: no episode in it; expected one group per episode")

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: Any) -> Any:
        """The scene at a position, as an Observation."""
        name = self.names[index]
        pictures = (self._picture(name, camera, part) for camera in _CAMERAS for part in (_RGB, _DEPTH))
        base_rgb, base_depth, hand_rgb, hand_depth = pictures
        return Observation(name, base_rgb, base_depth, hand_rgb, hand_depth, self._objects(name))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_handle": None}  # a worker opens the file itself

    @property
    def attributes(self) -> dict[str, Any]:
        """What the file says of itself, such as the seed of a simulation."""
        return dict(self._file().attrs)

    @cached_property
    def objects(self) -> tuple[str, ...]:
        """Every identity that is present in some scene, sorted."""
        return tuple(sorted({model_id for present in self.labels().values() for model_id in present}))

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Which objects each scene has, by its name; no picture is read."""
        return {name: self._objects(name) for name in self.names}

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of every picture: those of the first episode."""
        first = self._dataset(self.names[0], f"{_CAMERAS[0]}/{_RGB}").shape
        if len(first) != 3:
            raise self._bad(self.names[0], f"{_CAMERAS[0]}/{_RGB} is of {first}; expected (height, width, 3)")
        return int(first[0]), int(first[1])

    def _picture(self, name: str, camera: str, part: str) -> Array:
        dataset = self._dataset(name, f"{camera}/{part}")
        expected = (*self.size, 3 if part == _RGB else 1)
        kind = np.uint8 if part == _RGB else np.float32
        fits = dataset.dtype == np.uint8 if part == _RGB else dataset.dtype.kind == "f"
        if dataset.shape != expected or not fits:
            what = np.dtype(kind) if part == _RGB else "float32 metres"
            raise self._bad(
                name,
                f"{camera}/{part} is {dataset.dtype} of {dataset.shape}; expected {what} of {expected}, as in the "
                "first episode",
            )
        try:
            picture: Array = np.asarray(dataset[()], dtype=kind)
        except OSError as error:
            raise self._bad(name, f"{camera}/{part} cannot be read ({error}); the file is damaged") from None
        if part == _DEPTH and not (np.isfinite(picture).all() and picture.min() >= 0):
            raise self._bad(
                name, f"{camera}/{part} has depths that are negative, infinite or no number; expected metres"
            )
        return picture

    def _objects(self, name: str) -> tuple[str, ...]:
        present = self._identities(name)
        for model_id in present:
            if self._known is not None and model_id not in self._known:
                raise self._bad(name, str(unknown("object", model_id, sorted(self._known))))
        return present

    def _identities(self, name: str) -> tuple[str, ...]:
        found = self._dataset(name, _OBJECTS)
        expected = f"expected a row of byte strings such as b'011_banana' in {_OBJECTS}"
        if found.ndim != 1 or (found.size and found.dtype.kind not in "SO"):
            raise self._bad(name, f"{expected}, not {found.dtype} of {found.shape}")
        try:
            return tuple(value.decode() for value in found[()])
        except (UnicodeDecodeError, AttributeError) as error:
            raise self._bad(name, f"{expected} ({error})") from None

    def _dataset(self, name: str, inside: str) -> Any:
        try:
            found = self._file()[name].get(inside) if isinstance(self._file()[name], h5py.Group) else None
        except (OSError, KeyError, RuntimeError) as error:
            raise self._bad(name, f"cannot be read ({error}); the file is damaged") from None
        if not isinstance(found, h5py.Dataset):
            raise self._bad(name, f"has no {inside}")
        return found

    def _file(self) -> Any:
        if self._handle is None or self._handle[0] != os.getpid():
            if not self.path.is_file():
                raise InputError(f"{self.path}: no such file")
            try:
                self._handle = os.getpid(), h5py.File(self.path, "r")
            except OSError as error:
                raise InputError(
                    f"{self.path}: not a complete HDF5 file ({error}); fetch, copy or simulate it again"
                ) from None
        return self._handle[1]

    def _bad(self, name: str, what: str) -> InputError:
        return InputError(f"{self.path}: episode '{name}': {what}")


def write_episodes(
    path: Path | str,
    observations: Iterable[Observation],
    attributes: Mapping[str, str | int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write scenes in the published layout, compressed; the file is either complete or absent.

    attributes: said of the whole file, such as seed and version of the simulation. progress: called with the number
    written.
    """
    with files.atomic(Path(path)) as partial, _Disk(partial, "w+b") as disk:
        with h5py.File(disk, "w") as target:
            target.attrs.update(attributes or {})
            for number, seen in enumerate(observations, 1):
                _write(target.create_group(seen.name), seen)
                disk.check()
                if progress is not None:
                    progress(number)
        disk.check()


def _write(episode: Any, seen: Observation) -> None:
    pictures = ((seen.base_rgb, seen.base_depth), (seen.hand_rgb, seen.hand_depth))
    for camera, pair in zip(_CAMERAS, pictures, strict=True):
        for part, picture in zip((_RGB, _DEPTH), pair, strict=True):
            episode.create_dataset(
                f"{camera}/{part}", data=picture, chunks=picture.shape, compression="lzf", shuffle=True
            )
    episode.create_dataset(_OBJECTS, data=np.array([name.encode() for name in seen.objects], dtype="S64"))


class _Disk(io.FileIO):
    """A file whose troubles HDF5 does not hear of, as it takes the process down with it when a disk is full."""

    _trouble: OSError | None = None

    def write(self, content: Any) -> int:
        rest = memoryview(content).cast("B")
        size = len(rest)
        try:
            while rest:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self._trouble = error
        return size

    def truncate(self, size: int | None = None, /) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self._trouble = error
            return size or 0

    def check(self) -> None:
        """Raise what went wrong so far."""
        if self._trouble is not None:
            raise self._trouble
