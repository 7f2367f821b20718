"""Recorded scenes: an HDF5 file in the layout of the published PickClutter data, read as it is.

    <episode>/dict_str_base_camera/dict_str_rgb     (H, W, 3) uint8
    <episode>/dict_str_base_camera/dict_str_depth   (H, W, 1) float32, metres
    <episode>/dict_str_hand_camera/...              the same
    <episode>/model_ids                             (K,) byte strings such as 011_banana

Episodes are in the order of their sorted names. Only names are held in memory; each process opens the file itself.
"""

import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from clipling import files
from clipling.applications.pickclutter.scene_files import FARTHEST, Array, SceneFile, are_metres
from clipling.contracts.errors import InputError, unknown

_CAMERAS = ("dict_str_base_camera", "dict_str_hand_camera")
_RGB, _DEPTH, _OBJECTS = "dict_str_rgb", "dict_str_depth", "model_ids"
_MOST_OBJECTS, _LONGEST_NAME = 1000, 200


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
        self._file = SceneFile(self.path)
        self.names = self._file.names()
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

    @property
    def attributes(self) -> dict[str, Any]:
        """What the file says of itself, such as the seed of a simulation."""
        return self._file.attributes()

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
        inside = f"{_CAMERAS[0]}/{_RGB}"
        first = self._file.find(self.names[0], inside).shape
        if len(first) != 3 or not all(first):
            raise self._file.bad(self.names[0], f"{inside} is of {first}; expected (height, width, 3)")
        return int(first[0]), int(first[1])

    def _picture(self, name: str, camera: str, part: str) -> Array:
        inside = f"{camera}/{part}"
        found = self._file.find(name, inside)
        expected = (*self.size, 3 if part == _RGB else 1)
        fits = found.dtype == np.uint8 if part == _RGB else found.dtype.kind == "f"
        if found.shape != expected or not fits:
            what = "uint8" if part == _RGB else "float32 metres"
            raise self._file.bad(
                name,
                f"{inside} is {found.dtype} of {found.shape}; expected {what} of {expected}, as in the first episode",
            )
        picture = self._file.picture(name, inside, np.uint8 if part == _RGB else np.float32)
        if part == _DEPTH and not are_metres(picture):
            raise self._file.bad(
                name,
                f"{inside} has depths that are negative, infinite or no number, or beyond {FARTHEST:,.0f}; "
                "expected metres",
            )
        return picture

    def _objects(self, name: str) -> tuple[str, ...]:
        present = self._file.words(name, _OBJECTS, _MOST_OBJECTS, _LONGEST_NAME)
        for model_id in present:
            if self._known is not None and model_id not in self._known:
                raise self._file.bad(name, str(unknown("object", model_id, sorted(self._known))))
        return present


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
    import h5py  # `scene_files` says how to get it

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
