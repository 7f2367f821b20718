"""The epochs of a run as its journal (`log.jsonl`) tells them.

A resumed run writes some epochs twice; the later row is the one whose weights lived on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clipling import files
from clipling.contracts.errors import InputError
from clipling.report import fields


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images.

    `loss` holds the mean of the total (`loss`) and of every named part, `accuracy` fractions in [0, 1] (empty when this
    epoch was not evaluated), `seconds` and `images_per_second` are None where the journal does not say.
    """

    number: int
    loss: dict[str, float]
    accuracy: dict[str, float]
    seconds: float | None
    images_per_second: float | None
    agreement: dict[str, float] = field(default_factory=dict)
    """With the teacher, by measure, where images have no classes."""


def read_epochs(path: Path) -> tuple[Epoch, ...]:
    """The epochs in `path`, in order, each once; no file means no epochs. Raises InputError for damaged rows."""
    if not path.exists():
        return ()
    epochs: dict[int, Epoch] = {}
    for place, row in enumerate(files.read_jsonl(path), 1):
        if not isinstance(row, dict):
            raise InputError(f"{path}: row {place} is {row!r}, expected a mapping such as {{'event': 'epoch', ...}}")
        if row.get("event") == "epoch":
            epoch = _epoch(path, place, row)
            epochs[epoch.number] = epoch
    return tuple(epochs[number] for number in sorted(epochs))


def _epoch(path: Path, place: int, row: dict[str, Any]) -> Epoch:
    number = fields.number(path, f"row {place}: epoch", row.get("epoch"))
    return Epoch(
        number=int(number),
        loss=_drawable(fields.mapping(path, f"row {place}: loss", row.get("loss"))),
        accuracy=fields.numbers(path, f"row {place}: accuracy", row.get("accuracy"), at_most=1.0),
        seconds=_drawable(row).get("seconds"),
        images_per_second=_drawable(row).get("images_per_second"),
        agreement=_drawable(fields.mapping(path, f"row {place}: agreement", row.get("agreement"))),
    )


def _drawable(values: dict[str, Any]) -> dict[str, float]:
    """The finite numbers among the values: a diverged loss is a gap in its curve, not an error."""
    found = {name: value for name, value in values.items() if isinstance(value, int | float)}
    return {name: float(value) for name, value in found.items() if math.isfinite(value)}


def loss_names(epochs: Sequence[Epoch]) -> list[str]:
    """The names of all losses that occur, the total (`loss`) first, then in the order of the journal."""
    names = list(dict.fromkeys(name for epoch in epochs for name in epoch.loss))
    return sorted(names, key=lambda name: name != "loss")
