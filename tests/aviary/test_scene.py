from dataclasses import replace

import numpy as np
import pytest

from clipling.aviary.palette import FEATHERS
from clipling.aviary.scene import draw_bird
from clipling.aviary.species import PARTS, SPECIES
from clipling.contracts.errors import InputError


def pixels(species, seed, size=64):
    return np.asarray(draw_bird(species, np.random.default_rng(seed), size), dtype=float)


@pytest.mark.parametrize("size", [32, 64, 96])
def test_a_picture_is_rgb_of_the_size_asked_for(size: int):
    picture = draw_bird(SPECIES[0], np.random.default_rng(0), size)
    assert picture.mode == "RGB"
    assert picture.size == (size, size)


def test_a_picture_is_a_function_of_its_generator():
    np.testing.assert_array_equal(pixels(SPECIES[3], 7), pixels(SPECIES[3], 7))
    assert np.abs(pixels(SPECIES[3], 7) - pixels(SPECIES[3], 8)).mean() > 5


def test_too_small_a_picture_is_refused():
    with pytest.raises(InputError, match="at least 16"):
        draw_bird(SPECIES[0], np.random.default_rng(0), 8)


@pytest.mark.parametrize("part", PARTS)
def test_another_colour_changes_some_of_the_picture_and_not_most_of_it(part: str):
    bird = replace(SPECIES[0], tail_shape="long", told=())  # a short tail is a few pixels
    other = next(colour for colour in FEATHERS if colour != bird.trait(part))
    for seed in range(8):
        changed = np.abs(pixels(bird, seed) - pixels(replace(bird, **{part: other}), seed)).max(axis=2) > 40
        assert 0.004 < changed.mean() < 0.4


def test_a_colour_is_the_paint_in_the_light_of_the_day():
    """Pixels near the paint are many when a bird is wholly of it, and few when none of it is."""

    def share(colour: str) -> float:
        bird = replace(SPECIES[0], **dict.fromkeys(PARTS, colour), breast="plain", tail_shape="long", told=())
        near = [np.linalg.norm(pixels(bird, seed) - FEATHERS["scarlet"], axis=2) < 70 for seed in range(12)]
        return float(np.mean(near))

    assert share("scarlet") > 0.08
    assert share("emerald") < 0.02


def test_birds_face_either_way():
    """Only the bill of a spoonbill is red here, so the red pixels of the upper half tell where it looks."""
    bird = replace(SPECIES[0], **dict.fromkeys(PARTS, "black"), bill="spoon", bill_colour="red", legs="short", told=())
    sides = []
    for seed in range(24):
        picture = pixels(bird, seed)
        red = (picture[..., 0] > 130) & (picture[..., 1] < 90) & (picture[..., 2] < 90)
        dark = picture.max(axis=2) < 75
        if red.sum() > 8 and dark.sum() > 50:
            sides.append(np.nonzero(red)[1].mean() > np.nonzero(dark)[1].mean())
    assert 4 < sum(sides) < len(sides) - 4
