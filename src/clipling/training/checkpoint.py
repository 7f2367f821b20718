"""Checkpoints of a run: one file per finished epoch, the last two kept, each complete or absent.

A checkpoint holds the student, the learned prompt where there is one, the optimizer, the schedule and the number of
finished epochs. Nothing else is needed: the order of images, every augmentation and every random number of an epoch are
functions of (seed, epoch, index).
"""

import io
import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.files import write_bytes

_KEPT = 2
_DAMAGE = (RuntimeError, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, pickle.UnpicklingError)
"""All that torch, and whoever puts the state to use, raises on a file that is cut, damaged, or of another shape."""
_NAME = re.compile(r"epoch-(\d+)\.pt")


def save_checkpoint(folder: Path, state: dict[str, Any]) -> Path:
    """Write `state` as the checkpoint of epoch `state["epoch"]` and drop all but the last two."""
    buffer = io.BytesIO()  # torch reports a full disk as a RuntimeError without a cause when it writes the file itself
    torch.save(state, buffer)
    path = folder / f"epoch-{state['epoch']:04d}.pt"
    write_bytes(path, buffer.getvalue())
    for old in _checkpoints(folder)[:-_KEPT]:
        old.unlink()
    return path


def load_latest(folder: Path) -> dict[str, Any] | None:
    """The state of the last finished epoch, on the CPU; None when no epoch was finished.

    Raises InputError when that file is cut short or damaged, naming it and the one before.
    """
    paths = _checkpoints(folder)
    if not paths:
        return None
    try:
        state: dict[str, Any] = torch.load(paths[-1], map_location="cpu", weights_only=True)
        _require_state(state)
    except _DAMAGE as error:
        before = f"{paths[-2].name} is used then" if len(paths) > 1 else "training then starts from the first epoch"
        raise InputError(
            f"{paths[-1]}: this checkpoint is cut short or damaged; delete it and resume again ({before})"
        ) from error
    return state


def _require_state(state: Any) -> None:
    """Raise ValueError for what is no state of a training, or holds weights that are not finite."""
    if not isinstance(state, dict) or not isinstance(state.get("net"), dict) or type(state.get("epoch")) is not int:
        raise ValueError("no state of a training")
    if odd := [name for name, value in state["net"].items() if not isinstance(value, Tensor) or not _is_finite(value)]:
        raise ValueError(f"the weights '{odd[0]}' are no tensor of finite numbers")


def _is_finite(value: Tensor) -> bool:
    return bool(value.isfinite().all())


@contextmanager
def restoring(folder: Path) -> Iterator[None]:
    """Put the latest state to use in it: InputError, naming the file, for one that does not fit."""
    try:
        yield
    except _DAMAGE as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{_checkpoints(folder)[-1]}: does not fit the training that is resumed ({reason}); "
            "delete the folder 'checkpoints' to start from the first epoch"
        ) from error


def _checkpoints(folder: Path) -> list[Path]:
    found = {int(match[1]): path for path in folder.glob("epoch-*.pt") if (match := _NAME.fullmatch(path.name))}
    return [found[epoch] for epoch in sorted(found)]
