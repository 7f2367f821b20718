"""Files that scenes are read from, HDF5 and NumPy arrays, opened and looked at in this one place as a stranger's.

Nothing is read before its kind and size are known. What points elsewhere (links, raw data in other files, virtual data
sets) is refused: it could name any file of the machine.
"""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from clipling.contracts.errors import InputError

try:
    import h5py
except ModuleNotFoundError:
    raise InputError("recorded scenes need h5py: pip install 'clipling[pickclutter]'") from None

MOST_BYTES = 64 * 1024 * 1024
"""Of one array, read or unpacked: a depth of 4096 x 4096 pixels."""
FARTHEST = 10_000.0
"""Metres."""
Array = np.ndarray[Any, np.dtype[Any]]


def are_metres(depth: Array) -> bool:
    """Whether all depths are numbers from 0 to the farthest."""
    return bool(((depth >= 0) & (depth <= FARTHEST)).all())


def read_depth(path: Path) -> Array:
    """The metres in a .npy file, (H, W, 1) float32. Raises InputError, naming the file, for anything else."""
    expected = "expected one array of metres, float32 (H, W)"
    if not path.is_file():
        raise InputError(f"{path}: no such file; {expected}")
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)  # looks at the head, and whether all of it is there
    except Exception as error:  # NumPy raises nearly every type there is on a malformed head
        raise InputError(f"{path}: no NumPy array of depths ({error}); expected metres, as np.save writes") from None
    if not isinstance(found, np.ndarray):
        found.close()
        raise InputError(f"{path}: depths are an archive of arrays (.npz); {expected}")
    if found.dtype.kind != "f" or found.ndim not in (2, 3) or not 0 < found.nbytes <= MOST_BYTES:
        raise InputError(f"{path}: depths are {found.dtype} of {found.shape}; {expected}, at most {MOST_BYTES} bytes")
    depth = _as_float32(found[..., None] if found.ndim == 2 else found)
    if not are_metres(depth):
        raise InputError(f"{path}: depths are negative, beyond {FARTHEST:,.0f}, infinite or no number; {expected}")
    return depth


class SceneFile:
    """An HDF5 file, which each process opens for itself. Raises InputError, naming it, when it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: tuple[int, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_handle": None}

    def names(self) -> tuple[str, ...]:
        """Of what is in it, sorted."""
        with self._reading("its list of episodes"):
            return tuple(sorted(self._file()))

    def attributes(self) -> dict[str, Any]:
        """What the file says of itself, such as the seed of a simulation."""
        with self._reading("its attributes"):
            return dict(self._file().attrs)

    def find(self, episode: str, inside: str) -> Any:
        """A data set of an episode whose data lie in this file and are few enough to be read."""
        with self._reading(f"episode '{episode}': {inside}"):
            found = self._file()
            for name in (episode, *inside.split("/")):
                found = self._entry(found, name, episode)
            if not isinstance(found, h5py.Dataset):
                raise self.bad(episode, f"has no {inside}")
            if found.is_virtual or found.external:
                raise self.bad(episode, f"{inside} has its data in other files; expected all of it in this one")
            if found.shape is None:
                raise self.bad(episode, f"{inside} is empty")
            size = max(math.prod(shape) for shape in (found.shape, found.chunks or ())) * found.dtype.itemsize
            if size > MOST_BYTES:
                what = f"{inside} is {found.dtype} of {found.shape}, in chunks of {found.chunks}"
                raise self.bad(episode, f"{what}: {size} bytes; expected at most {MOST_BYTES}")
            return found

    def picture(self, episode: str, inside: str, kind: type[np.number[Any]]) -> Array:
        """All of a data set as numbers of that kind."""
        found = self.find(episode, inside)
        with self._reading(f"episode '{episode}': {inside}"):
            return _as_float32(found[()]) if kind is np.float32 else np.asarray(found[()], dtype=kind)

    def words(self, episode: str, inside: str, most: int, longest: int) -> tuple[str, ...]:
        """A row of byte strings, each read by itself: strings of no fixed length say how long they are only then."""
        found = self.find(episode, inside)
        expected = f"expected a row of byte strings such as b'011_banana' in {inside}"
        with self._reading(f"episode '{episode}': {inside}"):
            is_text = found.dtype.kind == "S" or h5py.check_string_dtype(found.dtype) is not None
            if found.ndim != 1 or (found.size and not is_text) or found.size > most:
                raise self.bad(episode, f"{expected}, at most {most}, not {found.dtype} of {found.shape}")
            words = []
            for place in range(found.size):
                word = found[place]
                if not 0 < len(word) <= longest:
                    raise self.bad(episode, f"{expected}, of 1 to {longest} letters, not of {len(word)}")
                try:
                    words.append(word.decode())
                except UnicodeDecodeError as error:
                    raise self.bad(episode, f"{expected} ({error})") from None
            return tuple(words)

    def bad(self, episode: str, what: str) -> InputError:
        """The error that names file and episode."""
        return InputError(f"{self.path}: episode '{episode}': {what}")

    def _entry(self, group: Any, name: str, episode: str) -> Any:
        """What has that name in the group itself; None where nothing has."""
        called = name.encode(errors="surrogateescape")
        if not isinstance(group, h5py.Group) or not group.id.links.exists(called):
            return None
        if group.id.links.get_info(called).type != h5py.h5l.TYPE_HARD:
            raise self.bad(episode, f"{name} is a link to somewhere else; expected the data themselves")
        return group[name]

    @contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except Exception as error:  # HDF5 raises nearly every type there is on a damaged file
            raise InputError(f"{self.path}: {what} cannot be read ({error}); the file is damaged") from None

    def _file(self) -> Any:
        if self._handle is None or self._handle[0] != os.getpid():
            if not self.path.is_file():
                raise InputError(f"{self.path}: no such file")
            try:
                self._handle = os.getpid(), h5py.File(self.path, "r")
            except Exception as error:  # as above
                raise InputError(
                    f"{self.path}: not a complete HDF5 file ({error}); fetch, copy or simulate it again"
                ) from None
        return self._handle[1]


def _as_float32(depth: Array) -> Array:
    with np.errstate(over="ignore"):  # what is too large for it becomes infinite, and is refused
        return np.asarray(depth, np.float32)
