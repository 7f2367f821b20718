from dataclasses import replace

import numpy as np
import pytest

from clipling.aviary.bird import perch_height, strokes
from clipling.aviary.species import SPECIES, TRAITS

BIRD = replace(SPECIES[0], told=())


def drawn(species):
    return strokes(species, np.random.default_rng(0))


@pytest.mark.parametrize("trait", TRAITS)
def test_every_trait_shows_in_the_strokes(trait: str):
    def summary(species):
        return [(stroke.outline.round(6).tobytes(), stroke.fill, stroke.edge) for stroke in drawn(species)]

    pictures = [summary(replace(BIRD, **{trait: value})) for value in TRAITS[trait]]
    for index, picture in enumerate(pictures):
        assert picture not in pictures[:index]


def test_long_legs_stand_lower_and_end_at_the_perch():
    short, long = (replace(BIRD, legs=length) for length in ("short", "long"))
    assert perch_height(long) > perch_height(short) + 0.5
    for bird in (short, long):
        assert max(stroke.outline[:, 1].max() for stroke in drawn(bird)) >= perch_height(bird)


def test_a_long_tail_reaches_further_back_than_a_short_one():
    def back(shape: str) -> float:
        return min(stroke.outline[:, 0].min() for stroke in drawn(replace(BIRD, tail_shape=shape)))

    assert back("long") < back("forked") < back("short")


def test_individuals_differ():
    rng = np.random.default_rng(0)
    first, second = strokes(BIRD, rng), strokes(BIRD, rng)
    assert any(not np.array_equal(a.outline, b.outline) for a, b in zip(first, second, strict=True))
