"""The pieces that objects are put together from: boxes, balls, cans and rods, in millimetres."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Vector = tuple[float, float, float]
Array = np.ndarray[Any, np.dtype[Any]]
Paint = Callable[[Array], Array]
"""Colours (..., 3) in 0 to 255 of points (..., 3) on a piece whose every half size is 1."""
Look = tuple[int, int, int] | Paint
Form = Literal["box", "ellipsoid", "cylinder", "capsule"]


@dataclass(frozen=True)
class Part:
    """One convex piece of an object."""

    form: Form
    half: Vector
    """Half sizes along its own axes; of a capsule without its round ends."""
    at: Vector
    turn: Vector
    """Degrees about the x, then the y, then the z axis of the object."""
    look: Look
    solid: bool
    """Whether other objects touch it; what only decorates a surface is not solid and weighs nothing."""


@dataclass(frozen=True)
class Shape:
    """What an object is made of."""

    parts: tuple[Part, ...]
    flat: bool = False
    """Lies in its x-y plane and falls that way: long thin things do not stand on end."""


def box(size: Vector, look: Look, *, at: Vector = (0, 0, 0), turn: Vector = (0, 0, 0), solid: bool = True) -> Part:
    """A block of this length, width and height."""
    return Part("box", _halved(size), at, turn, look, solid)


def ball(
    size: Vector | float, look: Look, *, at: Vector = (0, 0, 0), turn: Vector = (0, 0, 0), solid: bool = True
) -> Part:
    """A sphere of this diameter, or an ellipsoid of these three."""
    return Part("ellipsoid", _halved(size if isinstance(size, tuple) else (size,) * 3), at, turn, look, solid)


def can(
    diameter: float,
    height: float,
    look: Look,
    *,
    at: Vector = (0, 0, 0),
    turn: Vector = (0, 0, 0),
    solid: bool = True,
) -> Part:
    """An upright cylinder."""
    return Part("cylinder", _halved((diameter, diameter, height)), at, turn, look, solid)


def rod(start: Vector, end: Vector, diameter: float, look: Look, *, solid: bool = True) -> Part:
    """A round bar with round ends from one point to another; the ends stick out by half the diameter."""
    (x, y, z), length = np.subtract(end, start), float(np.linalg.norm(np.subtract(end, start)))
    tilt, heading = float(np.degrees(np.arccos(z / length))), float(np.degrees(np.arctan2(y, x)))
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, (start[2] + end[2]) / 2)
    return Part("capsule", (diameter / 2, diameter / 2, length / 2), middle, (0, tilt, heading), look, solid)


def _halved(size: Vector) -> Vector:
    return size[0] / 2, size[1] / 2, size[2] / 2
