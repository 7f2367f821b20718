"""What is painted on a surface: labels, stickers, seams, seeds; and the cube map that carries it.

A paint gives the colours of points of a surface scaled to half size 1: of a box max |p| is 1, of a ball |p| is 1, of a
can the side has x^2 + y^2 = 1 and the lids |z| = 1. A cube map has six square faces in the order +x -x +y -y +z -z.
"""

from functools import cache

import numpy as np

from clipling.applications.pickclutter.shapes.part import Array, Form, Look, Paint

Colour = tuple[int, int, int]
WHITE, BLACK = (240, 240, 238), (24, 24, 26)


def cube_map(paint: Paint, form: Form, side: int = 96) -> Array:
    """The texture (6, side, side, 3) of uint8 that shows `paint` on a piece of that form."""
    middles = (np.arange(side) + 0.5) / side * 2 - 1
    s, t = np.meshgrid(middles, middles)
    one = np.ones_like(s)
    faces = ((one, -t, -s), (-one, -t, s), (s, one, t), (s, -one, -t), (s, -t, one), (-s, -t, -one))
    points = np.stack([np.stack(face, axis=-1) for face in faces])
    if form == "ellipsoid":
        points = points / np.linalg.norm(points, axis=-1, keepdims=True)
    if form == "cylinder":
        points = points / np.maximum(np.hypot(points[..., 0], points[..., 1]), np.abs(points[..., 2]))[..., None]
    texture: Array = np.clip(paint(points), 0, 255).astype(np.uint8)
    return texture


def mixed(first: Array | Colour, second: Array | Colour, share: Array) -> Array:
    """Colours between two, by the share (...,) of the second."""
    weight = np.asarray(share, dtype=float)[..., None]
    between: Array = np.asarray(first) * (1 - weight) + np.asarray(second) * weight
    return between


def colours(look: Look, p: Array) -> Array:
    """The colour of each point, of a plain look as of a painted one."""
    return look(p) if callable(look) else np.broadcast_to(np.asarray(look, dtype=float), p.shape)


def banded(ground: Look, *bands: tuple[float, float, Look]) -> Paint:
    """Rings between two heights (from -1 to 1) over the ground; later ones cover earlier ones."""

    def paint(p: Array) -> Array:
        painted = colours(ground, p)
        for low, high, look in bands:
            inside = (p[..., 2] >= low) & (p[..., 2] <= high)
            painted = np.where(inside[..., None], colours(look, p), painted)
        return painted

    return paint


def spotted(ground: Look, colour: Colour, count: int, radius: float) -> Paint:
    """So many round spots, evenly over a ball; the radius is that of a unit ball."""
    centres = even_points(count)

    def paint(p: Array) -> Array:
        unit = p / np.linalg.norm(p, axis=-1, keepdims=True)
        away = np.arccos((unit @ centres.T).max(axis=-1).clip(-1, 1))
        return mixed(colour, colours(ground, p), np.clip((away / radius - 0.85) / 0.3, 0, 1))

    return paint


def blended(bottom: Colour, top: Colour, streaks: float = 0.0) -> Paint:
    """From one colour below to another above, with vertical streaks."""

    def paint(p: Array) -> Array:
        around = np.arctan2(p[..., 1], p[..., 0])
        wave = np.sin(7 * around) + np.sin(13 * around + 1) + np.sin(23 * around + 2)
        return mixed(bottom, top, np.clip((p[..., 2] + 1) / 2 + streaks * wave, 0, 1))

    return paint


def grained(light: Colour, dark: Colour) -> Paint:
    """Wood: wavering lines along x, rings on its ends."""

    def paint(p: Array) -> Array:
        x, y, z = np.moveaxis(p, -1, 0)
        rings = np.hypot(y + 0.3 + 0.06 * np.sin(3 * x), z + 1.6 + 0.05 * np.sin(5 * x + 1))
        return mixed(light, dark, np.clip(0.5 + 0.6 * np.sin(34 * rings), 0, 1) * 0.8)

    return paint


def speckled(ground: Look, amount: float, seed: int) -> Paint:
    """Lighter and darker grains everywhere, as of peel, felt or foam; amount in 0 to 255."""

    def paint(p: Array) -> Array:
        noise = np.random.default_rng(seed).normal(size=p.shape[:-1])
        return np.asarray(colours(ground, p) + amount * noise[..., None])

    return paint


@cache
def even_points(count: int) -> Array:
    """Unit vectors (count, 3) spread over a sphere along a spiral."""
    index = np.arange(count) + 0.5
    height, around = 1 - 2 * index / count, np.pi * (1 + 5**0.5) * index
    return np.stack([np.sqrt(1 - height**2) * np.cos(around), np.sqrt(1 - height**2) * np.sin(around), height], axis=1)
