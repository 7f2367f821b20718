"""A scene as a person may judge it: both cameras, the score of each name, and where the student looked for it."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from clipling.applications.pickclutter.episodes import Observation
from clipling.applications.pickclutter.settings import THRESHOLD
from clipling.contracts.errors import InputError
from clipling.files import atomic

_FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
_RIGHT, _WRONG, _UNTOLD = "#1a7f37", "#b42318", "#222222"


def draw_scene(
    path: Path,
    seen: Observation,
    scores: Mapping[str, float],
    heat: Mapping[str, Tensor],
    present: Collection[str] | None = None,
) -> None:
    """Write a picture: what both cameras saw, then for each name both again under the map of where it was looked for.

    scores, heat: by name, in the order of the columns. present: the names that are there, if that is known; a right
    answer is then written in green, a wrong one in red. The format is that of the path's ending, PNG or JPEG.
    Raises InputError for another ending.
    """
    check_ending(path)
    pictures = (("base camera", seen.base_rgb), ("hand camera", seen.hand_rgb))
    columns = 1 + len(heat)
    figure = Figure(figsize=(1.9 * columns, 4.3), layout="constrained")
    axes = figure.subplots(2, columns, squeeze=False)
    for row, (camera, rgb) in zip(axes, pictures, strict=True):
        for cell in row:
            cell.set_axis_off()
            cell.imshow(rgb, extent=(0, 1, 1, 0))
        row[0].set_title(camera, fontsize=8)
        for cell, (name, places) in zip(row[1:], heat.items(), strict=True):
            cell.imshow(np.asarray(places), extent=(0, 1, 1, 0), cmap="inferno", alpha=0.55, interpolation="bilinear")
            cell.set_title(_caption(name, scores[name]), fontsize=8, color=_colour(name, scores[name], present))
    with atomic(path) as partial:
        figure.savefig(partial, format=_FORMATS[path.suffix.lower()], dpi=110)


def check_ending(path: Path) -> None:
    """Raise InputError for a picture of another format than those that are drawn."""
    if path.suffix.lower() not in _FORMATS:
        raise InputError(f"{path}: expected a name that ends in {', '.join(_FORMATS)}")


def _caption(name: str, score: float) -> str:
    return f"{name}\n{'yes' if score > THRESHOLD else 'no'} ({score:.2f})"


def _colour(name: str, score: float, present: Collection[str] | None) -> str:
    if present is None:
        return _UNTOLD
    return _RIGHT if (score > THRESHOLD) == (name in present) else _WRONG


def telling(scores: Mapping[str, float], present: Sequence[str], most: int) -> list[str]:
    """The names worth a column: what is there, then what was said to be, then what came nearest to being said."""
    ranked = sorted(scores, key=lambda name: -scores[name])
    said = [name for name in ranked if scores[name] > THRESHOLD]
    there = [name for name in ranked if name in present]
    return list(dict.fromkeys((*there, *said, *ranked)))[:most]
