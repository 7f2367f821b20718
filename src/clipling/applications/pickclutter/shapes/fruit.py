"""Fruit: banana, apple, peach, strawberry, lemon, pear, orange."""

from itertools import pairwise

import numpy as np

from clipling.applications.pickclutter.shapes.paint import blended, colours, mixed, speckled, spotted
from clipling.applications.pickclutter.shapes.part import Array, Look, Paint, Shape, ball, can, rod

_STEM = (92, 62, 30)


def banana() -> Shape:
    """An arc of 190 mm across, thickest in its middle."""
    angles = np.radians(np.linspace(-62, 62, 9))
    joints = [(105 * float(np.sin(a)), 105 * float(np.cos(a)) - 80, 0.0) for a in angles]
    thickness = (22, 31, 35, 36, 36, 35, 31, 22)
    flesh = [rod(a, b, d, (244, 208, 44)) for (a, b), d in zip(pairwise(joints), thickness, strict=True)]
    (x, y, _), (u, v, _) = joints[0], joints[-1]
    stem = rod((x, y, 0), (x - 12, y - 22, 0), 11, (190, 170, 60))
    tips = (ball(11, (70, 52, 24), at=(x - 13, y - 25, 0)), ball(15, (70, 52, 24), at=(u + 4, v - 9, 0)))
    return Shape((*flesh, stem, *tips), flat=True)


def apple() -> Shape:
    skin = speckled(blended((206, 60, 40), (150, 14, 24), streaks=0.05), 5, seed=13)
    return Shape(
        (
            ball((75, 75, 66), skin),
            ball((20, 20, 5), (120, 110, 40), at=(0, 0, 32), solid=False),
            rod((0, 0, 30), (4, 0, 46), 4.5, _STEM, solid=False),
        )
    )


def peach() -> Shape:
    return Shape(
        (ball((59, 60, 57), _grooved(speckled(blended((250, 178, 88), (214, 84, 70), streaks=0.05), 5, seed=15))),)
    )


def strawberry() -> Shape:
    skin = spotted((200, 22, 36), (238, 200, 96), 90, 0.055)
    leaves = [
        ball((22, 7, 3), (52, 130, 44), at=(*_on_circle(9, angle), 20), turn=(0, 22, angle), solid=False)
        for angle in range(0, 360, 60)
    ]
    return Shape(
        (
            ball((44, 44, 36), skin, at=(0, 0, 6)),
            ball((38, 38, 42), skin, at=(0, 0, -2), solid=False),
            ball((29, 29, 46), skin, at=(0, 0, -8)),
            *leaves,
            rod((0, 0, 20), (2, 0, 29), 3, (70, 140, 50), solid=False),
        )
    )


def lemon() -> Shape:
    peel = speckled((250, 226, 44), 9, seed=14)
    return Shape(
        (ball((60, 53, 53), peel), ball((40, 26, 26), peel, at=(17, 0, 0)), ball((36, 22, 22), peel, at=(-17, 0, 0)))
    )


def pear() -> Shape:
    skin = speckled(blended((186, 190, 54), (170, 190, 66), streaks=0.05), 8, seed=16)
    return Shape(
        (
            ball((66, 66, 64), skin, at=(0, 0, -16)),
            ball((57, 57, 62), skin, at=(0, 0, -5), solid=False),
            ball((46, 46, 62), skin, at=(0, 0, 7)),
            ball((37, 37, 52), skin, at=(0, 0, 18)),
            rod((0, 0, 42), (6, 0, 60), 4.5, _STEM, solid=False),
            ball((10, 10, 5), (80, 70, 30), at=(0, 0, -47), solid=False),
        )
    )


def orange() -> Shape:
    return Shape(
        (
            ball(73, spotted(speckled((244, 126, 20), 5, seed=17), (216, 98, 8), 420, 0.028)),
            can(8, 3, (74, 110, 44), at=(0, 0, 36), solid=False),
        )
    )


def _grooved(ground: Look) -> Paint:
    """A dark line from pole to pole on the side of +x, and a brown hollow where the stem was."""

    def paint(p: Array) -> Array:
        line = (np.abs(p[..., 1]) < 0.05) & (p[..., 0] > 0)
        return mixed(mixed(colours(ground, p), (160, 50, 50), line * 0.8), _STEM, p[..., 2] > 0.975)

    return paint


def _on_circle(radius: float, degrees: float) -> tuple[float, float]:
    return radius * float(np.cos(np.radians(degrees))), radius * float(np.sin(np.radians(degrees)))
