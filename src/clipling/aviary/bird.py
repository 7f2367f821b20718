"""One bird as a list of strokes, each trait of the species drawn where an eye looks for it.

The bird faces forward (x > 0) in the coordinates of `shapes`; pose, place and light come later, in `scene`.
"""

from dataclasses import dataclass

import numpy as np

from clipling.aviary.palette import BILLS, CHALK, FEATHERS, INK, Rgb, contrast, mix, shade, vary
from clipling.aviary.shapes import Stroke, arc, disc, smooth, turned
from clipling.aviary.species import Species

_HEAD = (0.62, -0.92)
_RUMP = (-0.85, 0.16)
_BACK_OF_WING = [(-1.22, 0.4), (-0.75, 0.05), (-0.35, -0.4), (0.1, -0.6)]
_WING = smooth([(0.4, -0.42), (0.36, -0.02), (0.0, 0.32), (-0.55, 0.42), *_BACK_OF_WING])
_MANTLE = smooth([(0.3, -0.86), (-0.15, -0.72), (-0.6, -0.32), (-1.02, 0.06), (-0.5, 0.1), (0.1, -0.4)])
_BAND = smooth([(1.0, -0.2), (0.72, -0.1), (0.36, -0.1), (0.42, 0.2), (0.75, 0.18), (0.97, 0.06)])
_GLOW = smooth([(0.86, -0.2), (0.7, -0.45), (0.5, 0.1), (0.1, 0.5), (0.5, 0.42)])
_LEG_LENGTH = {"short": 0.42, "long": 1.3}


@dataclass(frozen=True)
class Paint:
    """The colours of one individual."""

    crown: Rgb
    wing: Rgb
    belly: Rgb
    tail: Rgb
    bill: Rgb


def strokes(species: Species, rng: np.random.Generator) -> list[Stroke]:
    """The strokes of one individual, from the hindmost to the foremost."""
    colours = {part: vary(FEATHERS[species.trait(part)], rng) for part in ("crown", "wing", "belly", "tail")}
    paint = Paint(**colours, bill=vary(BILLS[species.bill_colour], rng))
    head = 0.56 * rng.uniform(0.94, 1.06)
    return [
        *_tail(species, paint.tail, rng),
        *_legs(species, paint.bill, rng),
        *_body(species, paint.belly, rng),
        *_wing(species, paint.wing, rng),
        *_crest(species, paint.crown, rng),
        *_bill(species, paint.bill, head, rng),
        *_head(species, paint, head),
    ]


def perch_height(species: Species) -> float:
    """How far below the bird's centre its feet stand, in the bird's units."""
    return 0.62 + _LEG_LENGTH[species.legs]


def _tail(species: Species, colour: Rgb, rng: np.random.Generator) -> list[Stroke]:
    x, y = _RUMP
    feathers = {
        "short": [[(x + 0.3, y - 0.2), (x - 0.5, y - 0.2), (x - 0.58, y + 0.16), (x + 0.25, y + 0.26)]],
        "long": [
            [(x + 0.3, y - 0.16), (x - 1.6, y - 0.16), (x - 1.78, y + 0.02), (x - 1.6, y + 0.2), (x + 0.3, y + 0.2)]
        ],
        "forked": [
            [(x + 0.3, y + 0.15), (x - 0.5, y + 0.06), (x - 1.42, y + 0.62), (x - 0.6, y + 0.4), (x + 0.2, y + 0.3)],
            [(x + 0.3, y - 0.2), (x - 0.6, y - 0.3), (x - 1.42, y - 0.5), (x - 0.5, y + 0.06), (x + 0.3, y + 0.15)],
        ],
        "fan": [[(x + 0.35, y), *arc(x, y, 1.15, 132, 228, 9)]],
    }[species.tail_shape]
    lean = rng.uniform(-20, 2)
    drawn = [Stroke(turned(feather, lean, _RUMP), colour, shade(colour)) for feather in feathers]
    if species.tail_shape == "fan":
        ribs = [turned([(x, y), *arc(x, y, 1.1, angle - 2, angle + 2, 2)], lean, _RUMP) for angle in (156, 180, 204)]
        drawn += [Stroke(rib, shade(colour)) for rib in ribs]
    return drawn


def _legs(species: Species, colour: Rgb, rng: np.random.Generator) -> list[Stroke]:
    foot = perch_height(species)
    stride = rng.uniform(-0.1, 0.1)
    drawn = []
    for x in (-0.16 - stride, 0.2 + stride):
        leg = [
            (x - 0.07, 0.5),
            (x + 0.07, 0.5),
            (x + 0.07, foot - 0.1),
            (x + 0.32, foot - 0.02),
            (x + 0.32, foot + 0.06),
        ]
        leg += [(x - 0.16, foot + 0.06), (x - 0.16, foot - 0.02), (x - 0.07, foot - 0.1)]
        drawn.append(Stroke(np.array(leg), colour, shade(colour)))
    return drawn


def _body(species: Species, colour: Rgb, rng: np.random.Generator) -> list[Stroke]:
    plump = rng.uniform(0.92, 1.1)
    corners = [(0.98, -0.2), (0.9, -0.7), (0.2, -0.85), (-0.4, -0.45), (-1.0, 0.08)]
    corners += [(-0.75, 0.45), (0.05, 0.72 * plump), (0.72, 0.42 * plump)]
    drawn = [Stroke(smooth(corners), colour, shade(colour)), Stroke(_GLOW, mix(colour, CHALK, 0.22))]
    mark = contrast(colour)
    if species.breast == "banded":
        drawn.append(Stroke(_BAND, mark))
    if species.breast == "spotted":
        spots = [(0.78, -0.2), (0.5, 0.02), (0.8, 0.14), (0.52, 0.34), (0.24, 0.54), (-0.16, 0.56), (0.56, -0.3)]
        drawn += [Stroke(disc(x, y * plump, rng.uniform(0.075, 0.1), 8), mark) for x, y in spots]
    return drawn


def _wing(species: Species, colour: Rgb, rng: np.random.Generator) -> list[Stroke]:
    droop = rng.uniform(-7, 7)
    shoulder = (0.25, -0.35)
    drawn = [
        Stroke(_MANTLE, mix(colour, INK, 0.1), shade(colour)),
        Stroke(turned(_WING, droop, shoulder), colour, shade(colour)),
    ]
    if species.wing_pattern == "barred":
        for x in (0.12, -0.3):
            bar = [(x, -0.42), (x + 0.13, -0.38), (x - 0.02, 0.3), (x - 0.17, 0.32)]
            drawn.append(Stroke(turned(bar, droop, shoulder), contrast(colour)))
    return drawn


def _crest(species: Species, colour: Rgb, rng: np.random.Generator) -> list[Stroke]:
    if species.crest == "smooth":
        return []
    x, y = _HEAD
    spikes = [(x + 0.34, y - 0.4), (x + 0.12, y - 1.0), (x - 0.06, y - 0.72), (x - 0.38, y - 1.05)]
    spikes += [(x - 0.38, y - 0.62), (x - 0.78, y - 0.72), (x - 0.46, y - 0.22)]
    return [Stroke(turned(spikes, rng.uniform(-12, 8), _HEAD), colour, shade(colour))]


def _bill(species: Species, colour: Rgb, head: float, rng: np.random.Generator) -> list[Stroke]:
    x, y = _HEAD[0] + head * 0.86, _HEAD[1] + 0.1
    outline = {
        "stout": [(x, y - 0.27), (x + 0.3, y - 0.14), (x + 0.5, y + 0.1), (x + 0.2, y + 0.22), (x, y + 0.25)],
        "needle": [(x, y - 0.13), (x + 1.25, y - 0.03), (x + 1.25, y + 0.03), (x, y + 0.13)],
        "sickle": [
            (x, y - 0.14),
            *arc(x, y + 1.0, 1.12, -85, -12, 7),
            *arc(x, y + 1.0, 0.92, -18, -85, 7),
            (x, y + 0.12),
        ],
        "spoon": [
            (x, y - 0.1),
            (x + 0.5, y - 0.08),
            *arc(x + 0.72, y, 0.27, -150, 150, 12),
            (x + 0.5, y + 0.08),
            (x, y + 0.1),
        ],
    }[species.bill]
    return [Stroke(turned(outline, rng.uniform(-5, 5), (x, y)), colour, shade(colour))]


def _head(species: Species, paint: Paint, radius: float) -> list[Stroke]:
    x, y = _HEAD
    cap = [*arc(x, y, radius, -14, -205), (x - radius * 0.45, y - 0.06), (x + radius * 0.3, y - 0.12)]
    eye = (x + 0.2, y + 0.02)
    drawn = [
        Stroke(disc(x, y, radius, 24), paint.belly, shade(paint.belly)),
        Stroke(np.array(cap), paint.crown, shade(paint.crown)),
    ]
    if species.eye == "ringed":
        drawn.append(Stroke(disc(*eye, 0.24), CHALK, INK))
    drawn.append(Stroke(disc(*eye, 0.12, 12), INK))
    return [*drawn, Stroke(disc(eye[0] + 0.04, eye[1] - 0.04, 0.04, 6), CHALK)]
