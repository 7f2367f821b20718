"""A picture of a bird somewhere: background, perch, pose, place and light, all drawn from one random generator.

Everything is drawn at four times the size and reduced, which is what smooths the edges.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from clipling.aviary.bird import perch_height, strokes
from clipling.aviary.palette import Rgb, mix, shade, vary
from clipling.aviary.shapes import Outline, Stroke, disc
from clipling.aviary.species import Species
from clipling.contracts.errors import InputError

_OVERSAMPLING = 4
_SKIES: tuple[tuple[Rgb, Rgb], ...] = (
    ((150, 190, 226), (222, 232, 236)),
    ((236, 198, 160), (250, 232, 206)),
    ((176, 182, 190), (214, 214, 210)),
)
_LEAVES: tuple[tuple[Rgb, Rgb], ...] = (((96, 128, 78), (150, 172, 112)), ((70, 92, 66), (128, 140, 96)))
_SANDS: tuple[tuple[Rgb, Rgb], ...] = (((206, 196, 176), (198, 172, 130)), ((176, 186, 190), (170, 150, 122)))
_BARK: Rgb = (112, 88, 70)


def draw_bird(species: Species, rng: np.random.Generator, size: int = 64) -> Image.Image:
    """A picture of one bird of the species, RGB, size x size pixels; all chance comes from `rng`.

    Raises InputError when the size is below 16, where no trait could be seen.
    """
    if size < 16:
        raise InputError(f"size {size} of a bird's picture: expected at least 16 pixels")
    canvas, ground = _background(rng, size)
    pen = ImageDraw.Draw(canvas)
    bird = strokes(species, rng)
    to_canvas, unit, foot = _placement(bird, species, rng, canvas.width)
    if ground:
        _paint(pen, Stroke(disc(0.0, 0.0, 1.0) * (unit * 1.3, unit * 0.18) + foot, (126, 112, 92)), canvas.width)
    else:
        _branch(pen, foot, unit, rng, canvas.width)
    for stroke in bird:
        _paint(pen, Stroke(stroke.outline @ to_canvas[:2] + to_canvas[2], stroke.fill, stroke.edge), canvas.width)
    return _lit(canvas.reduce(_OVERSAMPLING), rng)


def _background(rng: np.random.Generator, size: int) -> tuple[Image.Image, bool]:
    """A blurred sky, foliage or shore at the drawing size, and whether the bird stands on the ground of it."""
    ground = bool(rng.random() < 0.3)
    choices = _SANDS if ground else (_SKIES if rng.random() < 0.5 else _LEAVES)
    top, bottom = (vary(colour, rng, 10.0) for colour in choices[rng.integers(len(choices))])
    small = Image.new("RGB", (24, 24), top)
    pen = ImageDraw.Draw(small)
    for row in range(24):
        pen.line([(0, row), (24, row)], fill=mix(top, bottom, row / 23))
    for _ in range(rng.integers(2, 9)):
        x, y, radius = rng.uniform(0, 24), rng.uniform(0, 24), rng.uniform(1.5, 5)
        pen.ellipse(
            [x - radius, y - radius, x + radius, y + radius], fill=vary(mix(top, bottom, rng.random()), rng, 14.0)
        )
    small = small.filter(ImageFilter.GaussianBlur(0.8))
    return small.resize((size * _OVERSAMPLING,) * 2, Image.Resampling.BICUBIC), ground


def _placement(
    bird: list[Stroke], species: Species, rng: np.random.Generator, side: int
) -> tuple[Outline, float, NDArray[np.float64]]:
    """The (3, 2) affine map from the bird's units to pixels, the pixels of one unit, and where the feet are.

    The bird is turned by a few degrees, perhaps mirrored, scaled to fit, and put anywhere that it fits.
    """
    tilt = np.radians(rng.uniform(-12, 12))
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    turn[:, 0] *= rng.choice([-1.0, 1.0])
    points = np.concatenate([stroke.outline for stroke in bird]) @ turn
    low, high = points.min(axis=0), points.max(axis=0)
    unit = min(side * rng.uniform(0.165, 0.215), side * 0.97 / float((high - low).max()))
    slack = side - unit * (high - low)
    shift = slack * rng.uniform(0.08, 0.92, 2) - unit * low
    foot = np.array([0.1, perch_height(species)]) @ turn * unit + shift
    return np.vstack([turn * unit, shift]), unit, foot


def _branch(
    pen: ImageDraw.ImageDraw, foot: NDArray[np.float64], unit: float, rng: np.random.Generator, side: int
) -> None:
    slope, thick = rng.uniform(-0.12, 0.12), unit * rng.uniform(0.1, 0.2)
    ends = np.array([-2.0 * side, 2.0 * side])
    centre = foot[1] + thick + slope * ends
    outline = np.stack(
        [np.append(ends, ends[::-1]) + foot[0], np.append(centre - thick, (centre + thick)[::-1])], axis=1
    )
    bark = vary(_BARK, rng, 12.0)
    _paint(pen, Stroke(outline, bark, shade(bark)), side)


def _paint(pen: ImageDraw.ImageDraw, stroke: Stroke, side: int) -> None:
    corners = stroke.outline.ravel().tolist()
    pen.polygon(corners, fill=stroke.fill)
    if stroke.edge is not None:
        pen.line([*corners, *corners[:2]], fill=stroke.edge, width=max(1, round(side * 0.011)))


def _lit(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The picture in another light: brightness, a colour cast and a little grain."""
    light = rng.uniform(0.8, 1.1) * rng.uniform(0.94, 1.06, 3)
    pixels = np.asarray(picture, dtype=np.float32) * light.astype(np.float32)
    pixels += rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(rng.uniform(0, 4))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
