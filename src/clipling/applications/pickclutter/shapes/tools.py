"""From the workshop: power drill, scissors, hammer, screwdriver, wood block."""

from itertools import pairwise

import numpy as np

from clipling.applications.pickclutter.shapes.paint import BLACK, banded, grained
from clipling.applications.pickclutter.shapes.part import Part, Shape, Vector, ball, box, can, rod

_STEEL, _DARK, _ORANGE, _YELLOW = (150, 154, 160), (52, 54, 58), (232, 96, 22), (240, 190, 30)


def power_drill() -> Shape:
    """On its side: the barrel along x, the grip down -y."""
    return Shape(
        (
            can(52, 96, banded(_ORANGE, (-1, -0.72, BLACK), (0.1, 0.3, BLACK)), at=(-14, 0, 0), turn=(0, 90, 0)),
            can(44, 30, BLACK, at=(46, 0, 0), turn=(0, 90, 0)),
            can(30, 30, _DARK, at=(74, 0, 0), turn=(0, 90, 0)),
            can(7, 20, _STEEL, at=(98, 0, 0), turn=(0, 90, 0)),
            rod((-24, -20, 0), (-36, -98, 0), 38, BLACK),
            box((8, 70, 39), _ORANGE, at=(-42, -60, 0), turn=(0, 0, -9), solid=False),
            box((11, 22, 14), _ORANGE, at=(-2, -40, 0), turn=(0, 0, -9)),
            box((86, 34, 56), BLACK, at=(-32, -122, 0)),
            box((87, 10, 57), _ORANGE, at=(-32, -110, 0), solid=False),
        ),
        flat=True,
    )


def scissors() -> Shape:
    blades = [
        part
        for side in (-1, 1)
        for part in (
            box((104, 13, 3), _STEEL, at=(46, side * 9, side * 1.5), turn=(0, 0, side * 11)),
            rod((2, 0, side * 2), (-22, -side * 14, side * 2), 10, _ORANGE),
            *_ring((-56, -side * 24, side * 1.5), (68, 42), 9.5, _ORANGE),
        )
    ]
    return Shape((*blades, can(10, 12, _DARK, solid=False)), flat=True)


def hammer() -> Shape:
    """The handle along x, the head across it."""
    return Shape(
        (
            rod((-165, 0, 0), (-30, 0, 0), 28, BLACK),
            rod((-34, 0, 0), (130, 0, 0), 19, _YELLOW),
            box((30, 40, 24), _STEEL, at=(142, 0, 0)),
            can(20, 30, _STEEL, at=(142, 32, 0), turn=(90, 0, 0)),
            can(30, 18, _STEEL, at=(142, 54, 0), turn=(90, 0, 0)),
            *(rod((142, -18, z), (139, -48, z), 11, _STEEL) for z in (-7, 7)),
            *(rod((139, -48, z), (128, -70, z), 7, _STEEL) for z in (-7, 7)),
        ),
        flat=True,
    )


def screwdriver() -> Shape:
    return Shape(
        (
            can(31, 74, banded(BLACK, (-0.85, -0.45, _ORANGE), (0.35, 0.75, _ORANGE)), at=(-62, 0, 0), turn=(0, 90, 0)),
            ball((22, 31, 31), _ORANGE, at=(-99, 0, 0)),
            ball((30, 24, 24), BLACK, at=(-24, 0, 0)),
            rod((-20, 0, 0), (102, 0, 0), 7, _STEEL),
            box((10, 4, 4), _DARK, at=(107, 0, 0), solid=False),
        ),
        flat=True,
    )


def wood_block() -> Shape:
    return Shape((box((200, 85, 85), grained((218, 178, 122), (164, 116, 66))),))


def _ring(centre: Vector, size: tuple[float, float], thickness: float, look: tuple[int, int, int]) -> list[Part]:
    """A closed oval of rods in the x-y plane."""
    (x, y, z), (length, width) = centre, size
    angles = np.linspace(0, 2 * np.pi, 13)
    points = [(x + length / 2 * float(np.cos(a)), y + width / 2 * float(np.sin(a)), z) for a in angles]
    return [rod(a, b, thickness, look) for a, b in pairwise(points)]
