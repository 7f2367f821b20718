"""Checkpoints of a run: one file per finished epoch, the last two kept, each complete or absent.

A checkpoint holds the student, the learned prompt where there is one, the optimizer, the schedule and the number of
finished epochs. Nothing else is needed: the order of images, every augmentation and every random number of an epoch are
functions of (seed, epoch, index).
"""

import io
import pickle
import re
from pathlib import Path
from typing import Any

import torch

from clipling.contracts.errors import InputError
from clipling.files import write_bytes

_KEPT = 2
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
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, pickle.UnpicklingError) as error:
        before = f"{paths[-2].name} is used then" if len(paths) > 1 else "training then starts from the first epoch"
        raise InputError(
            f"{paths[-1]}: this checkpoint is cut short or damaged; delete it and resume again ({before})"
        ) from error
    return state


def _checkpoints(folder: Path) -> list[Path]:
    found = {int(match[1]): path for path in folder.glob("epoch-*.pt") if (match := _NAME.fullmatch(path.name))}
    return [found[epoch] for epoch in sorted(found)]
