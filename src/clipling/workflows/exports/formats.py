"""What each format takes to be written, and how it is run again to be compared with torch.

Shapes: B images, D embedding width, S x S pixels as the network sees them, H x W of a picture.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.deploy.bundle import Bundle
from clipling.deploy.exports.graph import open_onnx, quantize, require_exporter, write_onnx
from clipling.deploy.exports.open_clip import WEIGHTS, open_open_clip, write_open_clip
from clipling.deploy.exports.prepared import write_prepared
from clipling.deploy.exports.pt2 import open_pt2, write_pt2
from clipling.deploy.exports.shipped import IMAGES, shipped
from clipling.deploy.pixels import pixels_of
from clipling.teacher.tower import load_teacher

_DTYPE = {"fp32": torch.float32, "fp16": torch.float16}
_CALIBRATION_BATCH = 32
GRAPH, PROGRAM = "student.onnx", "student.pt2"


@dataclass(frozen=True)
class Asked:
    """What is to be exported. train: images from which int8 learns its ranges. teacher: where to load it from."""

    bundle: Bundle
    precision: str
    with_classes: bool
    train: UInt8[Tensor, "N S S 3"]
    teacher: str

    def example(self) -> UInt8[Tensor, "2 S S 3"]:
        size = self.bundle.config.image_size
        return torch.zeros(2, size, size, 3, dtype=torch.uint8)


@dataclass(frozen=True)
class Engine:
    """Something that encodes a picture, resizing and cropping it as its user will, and the bytes of what it runs.

    network: the same from squares as the evaluation cuts them, where the user's are others.
    """

    name: str
    encode: Callable[[UInt8[np.ndarray, "H W 3"]], Float[Tensor, "1 D"]]
    size: int
    network: Callable[[UInt8[Tensor, "B S S 3"]], Float[Tensor, "B D"]] | None = None


def _torch(bundle: Bundle) -> Engine:
    weights = sum(value.numel() * value.element_size() for value in bundle.net.state_dict().values())
    return Engine(
        "torch fp32", lambda picture: bundle.net.encode_image(pixels_of(picture, bundle.config)[None]), weights
    )


def _onnx(asked: Asked, folder: Path, workshop: Path, _place: Path) -> list[Engine]:
    """The precisions from fp32 to the one asked for, which alone is kept: each step has its price beside it.

    Each prepares pictures itself, but for the one that ranges are learned of, a network's parts alone.
    """
    require_exporter()
    steps = ["fp32", "fp16", "int8"][: ["fp32", "fp16", "int8"].index(asked.precision) + 1]
    engines = [_torch(asked.bundle)]
    for precision in steps:
        path, whole = workshop / f"{precision}.onnx", workshop / f"whole-{precision}.onnx"
        if precision == "int8":
            seen = torch.split(asked.train, _CALIBRATION_BATCH)
            quantize(workshop / "fp32.onnx", path, [part.numpy() for part in seen])
        else:
            model = shipped(asked.bundle, dtype=_DTYPE[precision], with_classes=asked.with_classes)
            write_onnx(model, asked.example(), path, inputs=[IMAGES], outputs=model.outputs)
        write_prepared(path, whole, asked.bundle.config)
        engines.append(_graph(f"onnx {precision}", whole))
    shutil.move(whole, folder / GRAPH)
    return engines


def _graph(name: str, path: Path) -> Engine:
    run = open_onnx(path)

    def encode(picture: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(run(picture[None])[0]))

    return Engine(name, encode, path.stat().st_size)


def _pt2(asked: Asked, folder: Path, _workshop: Path, _place: Path) -> list[Engine]:
    _refuse_int8(asked, "pt2")
    model = shipped(asked.bundle, dtype=_DTYPE[asked.precision], with_classes=asked.with_classes)
    path = folder / PROGRAM
    write_pt2(model, asked.example(), path)
    program = open_pt2(path)

    def encode(picture: np.ndarray) -> Tensor:
        rows: Tensor = program(pixels_of(picture, asked.bundle.config).permute(1, 2, 0)[None])[0]
        return rows

    made = Engine(f"pt2 {asked.precision}", encode, path.stat().st_size)
    return [_torch(asked.bundle), made]


def _open_clip(asked: Asked, folder: Path, _workshop: Path, place: Path) -> list[Engine]:
    if asked.precision != "fp32":
        raise InputError(
            f"precision {asked.precision}: an open_clip folder is written in fp32, and open_clip's own `precision` "
            "chooses another when it loads it; leave --precision out"
        )
    write_open_clip(asked.bundle, load_teacher(asked.teacher), folder, place=place)
    encode, network = open_open_clip(asked.bundle, folder)
    made = Engine("open_clip fp32", encode, (folder / WEIGHTS).stat().st_size, network)
    return [_torch(asked.bundle), made]


def _refuse_int8(asked: Asked, to: str) -> None:
    if asked.precision == "int8":
        raise InputError(f"precision int8: {to} has fp32 and fp16; int8 is for onnx")


FORMATS: dict[str, Callable[[Asked, Path, Path, Path], list[Engine]]] = {
    "onnx": _onnx,
    "pt2": _pt2,
    "open_clip": _open_clip,
}
"""By name: writes the format into the first folder, with the second to work in, as it will stand at the third; gives
the engines to compare, torch first and the one written last."""
