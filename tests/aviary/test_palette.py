import numpy as np
import pytest

from clipling.aviary.palette import BILLS, CHALK, FEATHERS, INK, contrast, mix, shade, vary
from clipling.aviary.species import COLOURS, TRAITS


def test_every_colour_of_the_vocabulary_has_a_paint():
    assert set(FEATHERS) == set(COLOURS)
    assert set(BILLS) == set(TRAITS["bill_colour"])


def test_paints_are_far_apart():
    for paints in (list(FEATHERS.values()), list(BILLS.values())):
        for index, first in enumerate(paints):
            for second in paints[:index]:
                assert np.linalg.norm(np.subtract(first, second)) > 70


def test_mixing():
    assert mix((0, 0, 0), (100, 200, 50), 0.0) == (0, 0, 0)
    assert mix((0, 0, 0), (100, 200, 50), 0.5) == (50, 100, 25)


def test_a_varied_colour_stays_near_and_in_range():
    rng = np.random.default_rng(0)
    varied = np.array([vary((255, 0, 128), rng) for _ in range(200)])
    assert varied.min() >= 0
    assert varied.max() <= 255
    np.testing.assert_allclose(varied.mean(axis=0)[2], 128, atol=3)


@pytest.mark.parametrize("colour", FEATHERS)
def test_edges_and_marks_stand_out(colour: str):
    paint = FEATHERS[colour]
    assert np.abs(np.subtract(shade(paint), paint)).sum() > 60
    assert np.abs(np.subtract(contrast(paint), paint)).sum() > 200


def test_marks_are_dark_on_light_and_light_on_dark():
    assert contrast(FEATHERS["white"]) == INK
    assert contrast(FEATHERS["black"]) == CHALK
