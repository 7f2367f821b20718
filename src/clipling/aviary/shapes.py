"""Closed outlines in a bird's own coordinates: x forward, y down, the body about two units long.

Shapes: P outline points; an outline is a (P, 2) float array.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

from clipling.aviary.palette import Rgb

Outline = NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """One filled outline; `edge` is the colour of its rim, None for none."""

    outline: Outline
    fill: Rgb
    edge: Rgb | None = None


@lru_cache
def _spline_weights(steps: int) -> Outline:
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    return 0.5 * np.hstack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2])


@lru_cache
def _unit_circle(points: int) -> Outline:
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def smooth(corners: list[Point], steps: int = 5) -> Outline:
    """The closed Catmull-Rom curve through the corners (K, 2), with `steps` points for each."""
    near = np.stack([np.roll(np.array(corners), shift, axis=0) for shift in (1, 0, -1, -2)], axis=1)  # (K, 4, 2)
    curve: Outline = _spline_weights(steps) @ near
    return curve.reshape(-1, 2)


def disc(x: float, y: float, radius: float, points: int = 18) -> Outline:
    """A circle around (x, y)."""
    return _unit_circle(points) * radius + (x, y)


def arc(x: float, y: float, radius: float, start: int, stop: int, points: int = 14) -> list[Point]:
    """Points on a circle around (x, y), between two angles in degrees: clockwise on the screen, 0 is forward."""
    angles = np.radians(np.linspace(start, stop, points)).tolist()
    return [(x + radius * cos(angle), y + radius * sin(angle)) for angle in angles]


def turned(points: list[Point] | Outline, degrees: float, pivot: Point) -> Outline:
    """The outline turned about the pivot, clockwise on the screen."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    placed: Outline = (np.asarray(points) - pivot) @ turn + pivot
    return placed
