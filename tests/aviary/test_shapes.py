import numpy as np
import pytest

from clipling.aviary.shapes import arc, disc, smooth, turned


def test_a_smooth_curve_passes_through_its_corners():
    corners = [(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0)]
    curve = smooth(corners, steps=5)
    assert curve.shape == (20, 2)
    np.testing.assert_allclose(curve[::5], corners, atol=1e-12)


def test_a_smooth_curve_is_a_curve_between_corners():
    curve = smooth([(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0)], steps=5)
    assert curve[:5, 1].min() < -0.05  # it swings out of the straight edge y = 0


def test_a_disc_and_an_arc_keep_their_radius():
    for outline in (disc(1.0, -2.0, 0.5), np.array(arc(1.0, -2.0, 0.5, 10, 200))):
        np.testing.assert_allclose(np.hypot(*(outline - (1.0, -2.0)).T), 0.5)


def test_an_arc_goes_from_forward_to_down_in_a_quarter_turn():
    np.testing.assert_allclose(arc(0.0, 0.0, 1.0, 0, 90, 2), [(1, 0), (0, 1)], atol=1e-12)


@pytest.mark.parametrize(("degrees", "expected"), [(90, (0, 1)), (180, (-1, 0)), (-90, (0, -1))])
def test_turning_is_clockwise_on_the_screen(degrees: float, expected: tuple[int, int]):
    np.testing.assert_allclose(turned([(1.0, 0.0)], float(degrees), (0.0, 0.0))[0], expected, atol=1e-12)


def test_turning_leaves_the_pivot_where_it_is():
    np.testing.assert_allclose(turned([(3.0, 4.0)], 37.0, (3.0, 4.0))[0], (3, 4))
