"""For play: tennis ball, golf ball, soccer ball, dice, Rubik's cube."""

import numpy as np

from clipling.applications.pickclutter.shapes.paint import BLACK, WHITE, colours, mixed, speckled, spotted
from clipling.applications.pickclutter.shapes.part import Array, Look, Paint, Shape, ball, box

_STICKERS = ((186, 20, 36), (244, 104, 20), (16, 140, 70), (14, 66, 170), (246, 246, 240), (250, 214, 30))
_GOLDEN = (1 + 5**0.5) / 2
_PIPS = ("c", "r", "rc", "rf", "rfc", "rfs")
"""Which dots a face of a die has, from one to six: the centre, the rising and falling diagonal, the sides."""


def tennis_ball() -> Shape:
    return Shape((ball(65, _seamed(speckled((200, 222, 52), 12, seed=56))),))


def golf_ball() -> Shape:
    return Shape((ball(43, spotted((246, 246, 246), (186, 190, 194), 130, 0.09)),))


def soccer_ball() -> Shape:
    return Shape((ball(140, _patched()),))


def dice() -> Shape:
    return Shape((box((16.2, 16.2, 16.2), _dotted()),))


def rubiks_cube() -> Shape:
    return Shape((box((57, 57, 57), _stickered()),))


def _seamed(ground: Look) -> Paint:
    """The closed curve of a tennis ball, white."""
    t = np.linspace(0, 2 * np.pi, 400)
    x, y, z = 3 * np.cos(t) + np.cos(3 * t), 3 * np.sin(t) - np.sin(3 * t), 2 * 3**0.5 * np.sin(2 * t)
    curve = np.stack([x, y, z], axis=1) / 4

    def paint(p: Array) -> Array:
        near = (p @ curve.T).max(axis=-1) > np.cos(0.075)
        return mixed(colours(ground, p), (244, 246, 236), near)

    return paint


def _patched() -> Paint:
    """Twelve black pentagons, drawn at the corners of an icosahedron, and the seams between the white patches."""
    corners = np.array([(0, s, t * _GOLDEN) for s in (-1, 1) for t in (-1, 1)])
    corners = np.concatenate([np.roll(corners, shift, axis=1) for shift in range(3)])
    corners = corners / np.linalg.norm(corners, axis=1, keepdims=True)

    def paint(p: Array) -> Array:
        nearness = np.sort(p @ corners.T, axis=-1)
        between_three = nearness[..., -1] - nearness[..., -2] < 0.03
        seam = between_three & (nearness[..., -1] < np.cos(0.40))
        return mixed(mixed((WHITE), (120, 120, 124), seam), BLACK, nearness[..., -1] > np.cos(0.36))

    return paint


def _faces(p: Array) -> tuple[Array, Array, Array]:
    """For points of a box: which of its six faces, and where on it, both from -1 to 1."""
    axis = np.abs(p).argmax(axis=-1)
    across = np.take_along_axis(p, ((axis + 1) % 3)[..., None], axis=-1)[..., 0]
    along = np.take_along_axis(p, ((axis + 2) % 3)[..., None], axis=-1)[..., 0]
    positive = np.take_along_axis(p, axis[..., None], axis=-1)[..., 0] > 0
    return np.where(positive, axis, 5 - axis), across, along


def _stickered() -> Paint:
    """Nine squares a face, scrambled, on black."""
    scrambled = np.random.default_rng(77).permutation(np.repeat(np.arange(6), 9)).reshape(6, 3, 3)

    def paint(p: Array) -> Array:
        face, across, along = _faces(p)
        column, row = (np.clip((v + 1) * 1.5, 0, 2.999) for v in (across, along))
        sticker = np.asarray(_STICKERS)[scrambled[face, row.astype(int), column.astype(int)]]
        gap = np.maximum(np.abs(column % 1 - 0.5), np.abs(row % 1 - 0.5)) > 0.42
        return mixed(sticker, BLACK, gap)

    return paint


def _dotted() -> Paint:
    """One to six dots a face; opposite faces add up to seven."""
    places = {
        "c": ((0, 0),),
        "r": ((-0.5, -0.5), (0.5, 0.5)),
        "f": ((-0.5, 0.5), (0.5, -0.5)),
        "s": ((-0.5, 0), (0.5, 0)),
    }

    def paint(p: Array) -> Array:
        face, across, along = _faces(p)
        dotted = np.zeros(face.shape, dtype=bool)
        for number, groups in enumerate(_PIPS):
            for x, y in (place for group in groups for place in places[group]):
                dotted |= (face == number) & (np.hypot(across - x, along - y) < 0.24)
        return mixed(WHITE, BLACK, dotted)

    return paint
