import numpy as np
import pytest

from clipling.applications.pickclutter.objects import OBJECTS
from clipling.applications.pickclutter.shapes import SHAPES
from clipling.applications.pickclutter.shapes.lettering import on_box, on_can
from clipling.applications.pickclutter.shapes.paint import BLACK, WHITE, cube_map
from clipling.applications.pickclutter.shapes.part import Paint, rod


def painted(model_id: str) -> Paint:
    look = SHAPES[model_id]().parts[0].look
    assert callable(look)
    return look


def test_every_object_has_a_shape() -> None:
    assert set(SHAPES) == set(OBJECTS)
    assert all(any(part.solid for part in shape().parts) for shape in SHAPES.values())


def test_opposite_faces_of_the_die_add_up_to_seven() -> None:
    dark = (cube_map(painted("062_dice"), "box", 60).mean(axis=-1) < 128).mean(axis=(1, 2))
    dots = np.round(dark / (np.pi * 0.24**2 / 4)).astype(int)
    assert sorted(dots) == [1, 2, 3, 4, 5, 6]
    assert [dots[face] + dots[face + 1] for face in (0, 2, 4)] == [7, 7, 7]


def test_the_rubiks_cube_has_nine_stickers_of_each_colour() -> None:
    faces = cube_map(painted("077_rubiks_cube"), "box", 90)
    middles = faces[:, 15::30, 15::30].reshape(-1, 3)
    colours, counts = np.unique(middles, axis=0, return_counts=True)
    assert (len(colours), set(counts)) == (6, {9})


def test_the_soccer_ball_has_twelve_black_patches() -> None:
    golden = (1 + 5**0.5) / 2
    corner = np.array([0, 1, golden]) / np.hypot(1, golden)
    corners = np.array([np.roll(corner * (1, s, t), turn) for s in (-1, 1) for t in (-1, 1) for turn in range(3)])
    assert (painted("053_mini_soccer_ball")(corners) == BLACK).all()
    assert (painted("053_mini_soccer_ball")(corners).shape) == (12, 3)


@pytest.mark.parametrize("front", [on_box, on_can])
def test_words_read_from_left_to_right_from_outside(front: object) -> None:
    """An L has its upright on the left: from outside, at -y with z up, the left is -x."""
    look = front(WHITE, "L", BLACK, width=0.4, height=0.8)  # type: ignore[operator]
    left, right = np.array([[-0.35, -1, 0.5]]), np.array([[0.35, -1, 0.5]])
    if front is on_can:
        left, right = left / [[np.hypot(0.35, 1)] * 2 + [1]], right / [[np.hypot(0.35, 1)] * 2 + [1]]
    line = np.linspace(left[0], right[0], 41)
    line[:, :2] /= np.hypot(line[:, 0], line[:, 1])[:, None] if front is on_can else 1
    dark = look(line).mean(axis=-1) < 128
    assert dark[:20].any()
    assert not dark[25:].any()


def test_a_rod_reaches_from_one_point_to_the_other() -> None:
    part = rod((0, 0, 0), (30, 40, 0), 10, (0, 0, 0))
    assert part.half == (5, 5, 25)
    assert part.at == (15, 20, 0)
    assert part.turn == pytest.approx((0, 90, np.degrees(np.arctan2(40, 30))))
