"""Files as an ill-wisher would hand them over."""

import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from clipling.applications.pickclutter.episodes import Episodes, Observation, write_episodes
from clipling.applications.pickclutter.scene_files import read_depth
from clipling.contracts.errors import InputError

RGB, DEPTH, OBJECTS = (
    f"a/{inside}"
    for inside in ("dict_str_base_camera/dict_str_rgb", "dict_str_base_camera/dict_str_depth", "model_ids")
)
SECRET = b"root:x:0:0:" * 100
Damage = Callable[[h5py.File, Path], None]


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """One scene, and beside it a file that is nobody's business."""
    rgb, depth = np.full((6, 8, 3), 7, np.uint8), np.ones((6, 8, 1), np.float32)
    write_episodes(tmp_path / "scenes.h5", [Observation("a", rgb, depth, rgb, depth, ("011_banana",))])
    (tmp_path / "secret").write_bytes(SECRET)
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["rgb"], other["depth"] = rgb, depth
    return tmp_path / "scenes.h5"


def instead(inside: str, make: Callable[[h5py.File, Path], Any]) -> Damage:
    def damage(file: h5py.File, place: Path) -> None:
        del file[inside]
        file[inside] = make(file, place)

    return damage


def created(inside: str, shape: Any, dtype: Any, **how: Any) -> Damage:
    def damage(file: h5py.File, place: Path) -> None:
        del file[inside]
        if "external" in how:
            how["external"] = [(str(place / "secret"), 0, 144)]
        file.create_dataset(inside, shape, dtype, **how)

    return damage


def virtual(file: h5py.File, place: Path) -> None:
    del file[RGB]
    layout = h5py.VirtualLayout((6, 8, 3), np.uint8)
    layout[:] = h5py.VirtualSource(str(place / "other.h5"), "rgb", (6, 8, 3))
    file.create_virtual_dataset(RGB, layout)


def external_group(file: h5py.File, place: Path) -> None:
    del file["a"]
    file["a"] = h5py.ExternalLink(str(place / "other.h5"), "/")


def over_a_soft_link(file: h5py.File, place: Path) -> None:
    file["out"] = h5py.ExternalLink(str(place / "other.h5"), "/")
    del file[RGB]
    file[RGB] = h5py.SoftLink("/out/rgb")


def corrupt(file: h5py.File, place: Path) -> None:
    del file[RGB]
    found = file.create_dataset(RGB, (6, 8, 3), np.uint8, chunks=(6, 8, 3), compression="gzip")
    found.id.write_direct_chunk((0, 0, 0), b"no zlib stream")


def bomb(file: h5py.File, place: Path) -> None:
    del file[RGB]
    found = file.create_dataset(RGB, (6, 8, 3), np.uint8, maxshape=(None,) * 3, chunks=(1024, 1024, 512), compression=9)
    found.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(1024)))


def null(dtype: Any) -> Callable[[h5py.File, Path], Any]:
    return lambda *_: h5py.Empty(dtype)


def depths(*values: float, dtype: Any = np.float32) -> Damage:
    filled = np.ones((6, 8, 1), dtype)
    filled.flat[: len(values)] = values
    return instead(DEPTH, lambda *_: filled)


VAST = 10**12
HOSTILE: dict[str, tuple[Damage, str]] = {
    "corrupt chunk": (corrupt, "cannot be read .*the file is damaged"),
    "chunk that unpacks to 512 MiB": (bomb, "536870912 bytes; expected at most 67108864"),
    "null RGB": (instead(RGB, null(np.uint8)), "is empty"),
    "null depth": (instead(DEPTH, null(np.float32)), "is empty"),
    "null objects": (instead(OBJECTS, null("S8")), "is empty"),
    "no rows": (created(RGB, (0, 8, 3), np.uint8), r"is of \(0, 8, 3\); expected \(height, width, 3\)"),
    "no columns": (created(RGB, (6, 0, 3), np.uint8), r"is of \(6, 0, 3\)"),
    "no rows of depth": (created(DEPTH, (0, 8, 1), np.float32), "expected float32 metres of"),
    "vast RGB": (created(RGB, (VAST, VAST, 3), np.uint8, chunks=(1, 64, 3)), "3000000000000000000000000 bytes"),
    "vast depth": (created(DEPTH, (VAST, 8, 1), np.float32, chunks=(64, 8, 1)), "32000000000000 bytes"),
    "vast objects": (created(OBJECTS, (VAST,), "S8", chunks=(64,)), "8000000000000 bytes; expected at most"),
    "vast words": (created(OBJECTS, (1,), "S100000000"), "100000000 bytes; expected at most"),
    "too many objects": (created(OBJECTS, (1001,), "S8"), "at most 1000, not"),
    "external raw RGB": (created(RGB, (6, 8, 3), np.uint8, external=True), "has its data in other files"),
    "external raw depth": (created(DEPTH, (6, 6, 1), np.float32, external=True), "has its data in other files"),
    "external raw objects": (created(OBJECTS, (9,), "S16", external=True), "has its data in other files"),
    "virtual RGB": (virtual, "has its data in other files"),
    "external link": (instead(RGB, lambda _, place: h5py.ExternalLink(str(place / "other.h5"), "/rgb")), "is a link"),
    "external link to no HDF5": (
        instead(RGB, lambda _, place: h5py.ExternalLink(str(place / "secret"), "/rgb")),
        "is a link to somewhere else",
    ),
    "external link to a device": (instead(RGB, lambda *_: h5py.ExternalLink("/dev/zero", "/rgb")), "is a link"),
    "external group": (external_group, "a is a link to somewhere else"),
    "soft link out": (over_a_soft_link, "dict_str_rgb is a link"),
    "soft link to nowhere": (instead(RGB, lambda *_: h5py.SoftLink("/nowhere")), "is a link"),
    "soft link to itself": (instead(RGB, lambda *_: h5py.SoftLink(f"/{RGB}")), "is a link"),
    "infinite depth": (depths(np.inf), "negative, infinite or no number"),
    "depth of minus infinity": (depths(-np.inf), "negative, infinite or no number"),
    "depth that is no number": (depths(1, np.nan), "negative, infinite or no number"),
    "depth beyond float32": (depths(1e300, dtype=np.float64), "negative, infinite or no number"),
    "depth beyond float16": (depths(65520), "or beyond 10,000"),
    "negative depth": (depths(-1e-3), "negative"),
    "complex depth": (depths(1j, dtype=np.complex64), "is complex64"),
    "depth in words": (created(DEPTH, (6, 8, 1), h5py.string_dtype()), "is object"),
    "references": (created(OBJECTS, (1,), h5py.ref_dtype), "expected a row of byte strings"),
    "numbers of any length": (created(OBJECTS, (1,), h5py.vlen_dtype(np.int32)), "expected a row of byte strings"),
    "records": (created(OBJECTS, (1,), [("name", "S8")]), "expected a row of byte strings"),
    "an empty name": (instead(OBJECTS, lambda *_: np.array([b""], "S8")), "of 1 to 200 letters, not of 0"),
    "an endless name": (instead(OBJECTS, lambda *_: ["x" * 100_000]), "of 1 to 200 letters, not of 100000"),
    "a type in place of data": (instead(RGB, lambda *_: np.dtype("u1")), "has no"),
    "a group in place of data": (lambda file, _: (file.pop(RGB), file.create_group(RGB))[0], "has no"),
    "data in place of a group": (instead("a/dict_str_base_camera", lambda *_: np.zeros(3)), "has no"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "said"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_scene_is_named_and_no_other_file_is_read(damage: Damage, said: str, recorded: Path) -> None:
    with h5py.File(recorded, "r+") as file:
        damage(file, recorded.parent)
    with pytest.raises(InputError, match=rf"scenes\.h5: episode 'a': .*{said}"):
        Episodes(recorded)[0]


@pytest.mark.parametrize("place", range(0, 2200, 100))
def test_bytes_that_were_overwritten_are_an_error_or_harmless(place: int, recorded: Path) -> None:
    content = bytearray(recorded.read_bytes())
    content[place : place + 32] = b"\xff" * 32
    recorded.write_bytes(content)
    with suppress(InputError):  # any other error is a failure
        assert Episodes(recorded)[0].base_rgb.shape == (6, 8, 3)


def test_attributes_that_are_damaged_are_an_error(recorded: Path) -> None:
    with h5py.File(recorded, "r+") as file:
        file.attrs["seed"] = h5py.Empty("f")
    assert "seed" in Episodes(recorded).attributes


def head(shape: str, dtype: str = "'<f4'", rest: bytes = b"") -> bytes:
    """A .npy file of which the head says this."""
    told = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    told += b" " * (-(len(told) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(told)) + told + rest


def saved(array: Any, **how: Any) -> Callable[[Path], None]:
    return lambda path: np.save(path, array, **how)


NPY: dict[str, tuple[bytes | Callable[[Path], None], str]] = {
    "nothing": (b"", "no NumPy array"),
    "text": (b"1.0 2.0", "no NumPy array"),
    "half a head": (head("(4, 4)")[:40], "no NumPy array"),
    "no data": (head("(4, 4)"), "no NumPy array"),
    "too little data": (head("(4, 4)", rest=bytes(60)), "no NumPy array"),
    "vast": (head(f"({VAST},)"), "no NumPy array"),
    "vast both ways": (head(f"({VAST}, {VAST})"), "no NumPy array"),
    "negative shape": (head("(-4, 4)", rest=bytes(64)), "no NumPy array|depths are"),
    "shape of a word": (head("('a', 4)", rest=bytes(64)), "no NumPy array"),
    "shape of fractions": (head("(4.0, 4)", rest=bytes(64)), "no NumPy array"),
    "shape that is none": (head("4", rest=bytes(64)), "no NumPy array"),
    "head that calls": (head("__import__('os').system('true')"), "no NumPy array"),
    "deep head": (head("(" * 500), "no NumPy array"),
    "version of tomorrow": (b"\x93NUMPY\x09\x00" + head("(4, 4)")[8:], "no NumPy array"),
    "objects": (saved(np.array([[None, {}]]), allow_pickle=True), "no NumPy array"),
    "a pickle": (b"\x80\x04cos\nsystem\n(S'true'\ntR.", "no NumPy array"),
    "no rows": (saved(np.zeros((0, 4), np.float32)), "depths are|no NumPy array"),
    "a number": (saved(np.float32(1)), r"depths are float32 of \(\)"),
    "a row": (saved(np.ones(4, np.float32)), r"depths are float32 of \(4,\)"),
    "four axes": (saved(np.ones((1, 4, 4, 1), np.float32)), "depths are float32 of"),
    "whole numbers": (saved(np.full((4, 4), 700, np.uint16)), "depths are uint16"),
    "words": (saved(np.full((4, 4), "one")), "depths are <U3"),
    "records": (saved(np.zeros((4, 4), [("depth", "f4")])), "depths are"),
    "times": (saved(np.zeros((4, 4), "M8[s]")), "depths are datetime64"),
    "complex": (saved(np.ones((4, 4), np.complex64)), "depths are complex64"),
    "true and false": (saved(np.ones((4, 4), bool)), "depths are bool"),
    "infinite": (saved(np.full((4, 4), np.inf, np.float32)), "infinite or no number"),
    "no number": (saved(np.full((4, 4), np.nan)), "infinite or no number"),
    "negative": (saved(np.full((4, 4), -1.0)), "depths are negative"),
    "beyond float32": (saved(np.full((4, 4), 1e300)), "infinite or no number"),
    "millimetres of a far wall": (saved(np.full((4, 4), 20_000, np.float32)), "beyond 10,000"),
    "a folder": (lambda path: path.mkdir(), "no such file"),
    "absent": (lambda path: None, "no such file"),
}


@pytest.mark.parametrize(("content", "said"), NPY.values(), ids=NPY)
def test_what_is_no_array_of_metres_is_named(
    content: bytes | Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "depth.npy"
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf"depth\.npy: .*({said})"):
        read_depth(path)


def test_an_array_larger_than_any_camera_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "depth.npy"
    with path.open("wb") as file:  # a hole: it takes no disk
        file.write(head("(100000, 100000)"))
        file.truncate(file.tell() + 4 * 100_000**2)
    with pytest.raises(InputError, match="at most 67108864 bytes"):
        read_depth(path)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_metres_of_any_width_are_read(dtype: Any, tmp_path: Path) -> None:
    metres = np.linspace(0, 4, 12).reshape(3, 4).astype(dtype)
    for array in (metres, metres[..., None], np.asfortranarray(metres)):
        np.save(tmp_path / "depth.npy", array)
        read = read_depth(tmp_path / "depth.npy")
        assert (read.dtype, read.shape) == (np.dtype(np.float32), (3, 4, 1))
        np.testing.assert_allclose(read[..., 0], metres, rtol=1e-3)
