"""Packages and cleaning things: coffee can, mustard, crackers, bleach, sponge."""

import numpy as np

from clipling.applications.pickclutter.shapes.lettering import on_box, on_can
from clipling.applications.pickclutter.shapes.paint import WHITE, banded, mixed, speckled
from clipling.applications.pickclutter.shapes.part import Array, Paint, Shape, ball, box, can

_SILVER, _BLUE, _YELLOW, _RED = (190, 192, 196), (22, 52, 140), (246, 200, 20), (190, 24, 28)


def coffee_can() -> Shape:
    label = on_can(banded(_BLUE, (-0.62, -0.5, (206, 168, 74))), "COFFEE", WHITE, width=0.3, height=0.26, up=0.15)
    return Shape(
        (
            can(102, 139, banded(label, (-1, -0.9, _SILVER), (0.9, 1, _SILVER))),
            can(90, 2, (222, 223, 226), at=(0, 0, 69.5), solid=False),
        )
    )


def mustard_bottle() -> Shape:
    label = on_box(_RED, "MUSTARD", WHITE, width=0.85, height=0.28)
    return Shape(
        (
            box((46, 56, 118), _YELLOW, at=(0, 0, -32)),
            *(can(56, 118, _YELLOW, at=(x, 0, -32)) for x in (-20, 20)),
            ball((96, 57, 70), _YELLOW, at=(0, 0, 27)),
            can(38, 16, _YELLOW, at=(0, 0, 62)),
            can(30, 10, (236, 184, 10), at=(0, 0, 74)),
            ball((18, 18, 44), (236, 184, 10), at=(0, 0, 78)),
            box((64, 58.5, 42), label, at=(0, 0, -30), solid=False),
        )
    )


def cracker_box() -> Shape:
    front = on_box(
        banded(_RED, (-0.85, -0.1, _crackers())), "CRACKERS", (252, 222, 60), width=0.85, height=0.16, up=0.5
    )
    return Shape((box((158, 60, 210), front),))


def bleach_bottle() -> Shape:
    label = on_box((26, 92, 178), "BLEACH", WHITE, width=0.85, height=0.24, up=0.2)
    return Shape(
        (
            box((46, 62, 170), WHITE, at=(0, 0, -40)),
            *(can(62, 170, WHITE, at=(x, 0, -40)) for x in (-20, 20)),
            ball((100, 63, 90), WHITE, at=(0, 0, 44)),
            can(34, 56, WHITE, at=(0, 0, 84)),
            can(40, 34, (20, 70, 160), at=(0, 0, 108)),
            box((66, 64, 104), label, at=(0, 0, -44), solid=False),
        )
    )


def sponge() -> Shape:
    pores = speckled((238, 206, 66), 22, seed=26)
    return Shape(
        (
            box((114, 72, 10), pores, at=(0, 0, -2)),
            box((114, 72, 4), speckled((30, 92, 58), 14, seed=27), at=(0, 0, 5)),
        ),
        flat=True,
    )


def _crackers() -> Paint:
    """A yellow panel with square crackers on it."""

    def paint(p: Array) -> Array:
        across = np.where(np.abs(p[..., 1]) > 0.999, p[..., 0], p[..., 1])
        column, row = (across * 2.2 + 0.5) % 1 - 0.5, (p[..., 2] * 3 + 0.5) % 1 - 0.5
        cracker = np.maximum(np.abs(column), np.abs(row)) < 0.36
        hole = np.hypot(column, row) < 0.09
        lid = np.abs(p[..., 2]) > 0.999
        ground = mixed(mixed((250, 214, 80), (214, 128, 36), cracker), (150, 76, 20), hole)
        return mixed(ground, _RED, lid)

    return paint
