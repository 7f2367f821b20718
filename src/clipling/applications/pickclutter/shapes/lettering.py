"""Words printed on packages."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from clipling.applications.pickclutter.shapes.paint import Colour, colours, mixed
from clipling.applications.pickclutter.shapes.part import Array, Look, Paint


def on_box(ground: Look, text: str, colour: Colour, *, width: float = 0.8, height: float = 0.2, up: float = 0) -> Paint:
    """Words on the two faces of a box across its y axis; width, height: the share of a face they fill."""

    def across(p: Array) -> Array:
        return np.where(np.abs(p[..., 1]) > 0.999, -np.sign(p[..., 1]) * p[..., 0], np.inf)

    return lambda p: _stamped(colours(ground, p), text, colour, across(p) / width, (p[..., 2] - up) / height)


def on_can(ground: Look, text: str, colour: Colour, *, width: float = 0.4, height: float = 0.2, up: float = 0) -> Paint:
    """Words on two opposite sides of a can; width: the share of the way round that each takes."""

    def across(p: Array) -> Array:
        around = np.arctan2(p[..., 1], p[..., 0]) % np.pi - np.pi / 2
        return np.where(np.abs(p[..., 2]) < 0.999, around / np.pi, np.inf)

    return lambda p: _stamped(colours(ground, p), text, colour, across(p) / width, (p[..., 2] - up) / height)


def _stamped(ground: Array, text: str, colour: Colour, u: Array, v: Array) -> Array:
    """The ground with the words where u (to the right) and v (up) lie within -1 to 1."""
    mask = _written(text)
    inside = (np.abs(u) < 1) & (np.abs(v) < 1)
    rows = ((1 - np.where(inside, v, 0)) / 2 * mask.shape[0]).astype(int)
    columns = ((np.where(inside, u, 0) + 1) / 2 * mask.shape[1]).astype(int)
    return mixed(ground, colour, np.where(inside, mask[rows, columns], 0.0))


@cache
def _written(text: str) -> Array:
    """A mask in 0 to 1 that the words fill from edge to edge."""
    font = ImageFont.load_default(size=48)
    left, top, right, bottom = (int(v) for v in font.getbbox(text, stroke_width=2))
    image = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255, stroke_width=2)
    return np.asarray(image) / 255.0
