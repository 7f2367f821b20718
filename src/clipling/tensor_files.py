"""Tensors from a safetensors file, checked as if a stranger had written it: finite, of the type and shape meant.

Shapes: N rows, D embedding width.
"""

from collections.abc import Mapping
from math import prod
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from clipling.contracts.errors import InputError

_UNIT = 1e-3  # how far from 1 the length of a row may be
_MEND = "the file is damaged, or was not written by clipling: make or copy it again"


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every tensor in the file. Raises InputError for no safetensors file, and for NaN or infinity in it."""
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a safetensors file ({error}); it is not opened in any other way") from error
    for name, values in tensors.items():
        require_finite(values, f"{path}: '{name}'")
    return tensors


def read_matrix(path: Path, name: str, *, may_be_empty: bool = False) -> Float[Tensor, "N D"]:
    """The one float32 matrix in the file, of one row or more unless it may be empty. Raises InputError for others."""
    matrix = read_tensors(path).get(name)
    if matrix is None or matrix.ndim != 2 or matrix.dtype != torch.float32 or not (may_be_empty or matrix.numel()):
        raise InputError(f"{path}: expected one float32 matrix named '{name}'; {_MEND}")
    return matrix


def numbers_in(path: Path) -> int:
    """How many numbers a safetensors file holds, by its header alone."""
    with safe_open(path, "pt") as file:
        return sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118  no mapping


def require_unit(rows: Float[Tensor, "N *V D"], where: str) -> None:
    """Raise InputError, naming `where` they are from, unless all rows are finite and of length 1."""
    lengths = torch.linalg.vector_norm(rows.float(), dim=-1)
    if not bool(((lengths - 1).abs() <= _UNIT).all()):  # so written that NaN is refused, too
        raise InputError(f"{where}: a row is no unit row (NaN, zero, or of another length); {_MEND}")


def require_finite(values: Tensor, where: str) -> None:
    """Raise InputError, naming `where` they are from, for NaN or infinity."""
    if not bool(values.isfinite().all()):
        raise InputError(f"{where}: holds NaN or infinity; {_MEND}")


def require_weights(found: Mapping[str, Tensor], expected: Mapping[str, Tensor], where: str) -> None:
    """Raise InputError unless there is a tensor of the expected type and shape for every name, and no other."""
    for name in sorted(found.keys() | expected.keys()):
        has, wanted = (_shown(tensors.get(name)) for tensors in (found, expected))
        if has != wanted:
            raise InputError(f"{where} ({name}: {has}, expected {wanted})")


def load_weights(net: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Put the weights into the network. Raises InputError as `require_weights` does."""
    require_weights(weights, net.state_dict(), where)
    net.load_state_dict(weights)


def _shown(tensor: Tensor | None) -> str:
    return "none" if tensor is None else f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"
