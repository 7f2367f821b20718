"""The colours of the aviary: paint for feathers and bills, varied a little from bird to bird. RGB, 0 to 255."""

import numpy as np

Rgb = tuple[int, int, int]

FEATHERS: dict[str, Rgb] = {
    "white": (242, 240, 234),
    "black": (42, 40, 46),
    "scarlet": (212, 38, 36),
    "golden": (245, 196, 40),
    "emerald": (36, 156, 84),
    "azure": (62, 138, 226),
    "violet": (128, 66, 176),
    "rufous": (150, 82, 42),
}
BILLS: dict[str, Rgb] = {"black": (44, 42, 46), "yellow": (246, 204, 52), "red": (214, 52, 40)}
INK: Rgb = (36, 32, 34)
CHALK: Rgb = (248, 246, 240)


def vary(colour: Rgb, rng: np.random.Generator, spread: float = 9.0) -> Rgb:
    """The colour with a normal deviation of `spread` in each channel."""
    red, green, blue = np.clip(np.asarray(colour) + rng.normal(0, spread, 3), 0, 255).astype(int).tolist()
    return red, green, blue


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """`first` with this share of `second` in it; a share of 0 leaves it alone."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def shade(colour: Rgb) -> Rgb:
    """The colour of an edge around something of this colour: darker, or paler where it is nearly black already."""
    return mix(colour, CHALK, 0.25) if sum(colour) < 200 else mix(colour, INK, 0.5)


def contrast(colour: Rgb) -> Rgb:
    """Ink on a light colour, chalk on a dark one."""
    red, green, blue = colour
    return INK if 0.3 * red + 0.59 * green + 0.11 * blue > 120 else CHALK
