"""From the table: bowl, fork, knife, spoon."""

import numpy as np

from clipling.applications.pickclutter.shapes.part import Shape, ball, box, can, rod

_METAL, _SHADE, _RED = (172, 176, 182), (112, 116, 124), (168, 22, 32)


def bowl() -> Shape:
    """A flat bottom and two rings of tilted staves, 159 mm wide and 53 mm high."""
    staves = []
    for count, radius, up, tilt, length, width in ((16, 49, -14, 48, 34, 26), (16, 69, 10, 20, 34, 32)):
        for angle in np.linspace(0, 360, count, endpoint=False):
            x, y = radius * np.cos(np.radians(angle)), radius * np.sin(np.radians(angle))
            staves.append(box((5, width, length), _RED, at=(float(x), float(y), up), turn=(0, tilt, float(angle))))
    return Shape((can(78, 6, _RED, at=(0, 0, -24)), *staves))


def fork() -> Shape:
    return Shape(
        (
            ball((120, 14, 6), _METAL, at=(-48, 0, 0)),
            rod((-10, 0, 0), (46, 0, 2), 6, _METAL),
            ball((40, 26, 5), _METAL, at=(52, 0, 2)),
            *(rod((58, y, 2), (97, y, 4), 4, _METAL) for y in (-9.5, -3.2, 3.2, 9.5)),
        ),
        flat=True,
    )


def knife() -> Shape:
    return Shape(
        (
            ball((116, 20, 9), _SHADE, at=(-52, 0, 0)),
            box((96, 17, 3), _METAL, at=(46, 0, 0)),
            ball((30, 17, 3), _METAL, at=(94, 0, 0)),
        ),
        flat=True,
    )


def spoon() -> Shape:
    return Shape(
        (
            ball((120, 14, 6), _METAL, at=(-44, 0, 0)),
            rod((-10, 0, 0), (44, 0, 2), 6, _METAL),
            ball((62, 40, 9), _METAL, at=(68, 0, 2)),
            ball((50, 30, 2), _SHADE, at=(69, 0, 6.2), solid=False),
        ),
        flat=True,
    )
