"""The student as a program of torch.export: one file that torch alone runs, without this project or timm.

Shapes: B images, S x S pixels.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from jaxtyping import UInt8
from torch import Tensor, nn

from clipling.files import atomic


def write_pt2(model: nn.Module, example: UInt8[Tensor, "B S S 3"], path: Path) -> None:
    """Write `model` as an exported program whose first axis is open. example: an input of at least two rows."""
    program = torch.export.export(model, (example,), strict=False, dynamic_shapes=({0: torch.export.Dim("batch")},))
    with atomic(path) as partial, partial.open("wb") as stream:
        torch.export.save(program, stream)


def open_pt2(path: Path) -> Callable[[UInt8[Tensor, "B S S 3"]], Any]:
    """The program in `path`, as a function of a batch."""
    with path.open("rb") as stream:
        program: Any = torch.export.load(stream).module()
    run: Callable[[UInt8[Tensor, "B S S 3"]], Any] = torch.no_grad()(program)
    return run
