"""Scenes that fall, settle and are seen; skipped, saying so, where nothing can draw without a display."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from clipling.applications.pickclutter.clutter import Clutter
from clipling.applications.pickclutter.recording import simulate_scenes
from clipling.applications.pickclutter.shapes import SHAPES
from clipling.applications.pickclutter.simulation import Simulation
from clipling.applications.pickclutter.world import BASE_CAMERA, HAND_CAMERA, TRAY, build
from clipling.contracts.errors import InputError

CLUTTER = Clutter(pixels=64, visible=4)


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    try:
        with Simulation(CLUTTER) as made:
            yield made
    except InputError as error:
        pytest.skip(str(error))


def test_a_scene_depends_on_its_seed_and_index_alone(simulation: Simulation) -> None:
    first = simulation.observe(3, 1)
    other = simulation.observe(4, 1)
    again = simulation.observe(3, 1)
    assert first.objects == again.objects
    for part in ("base_rgb", "base_depth", "hand_rgb", "hand_depth"):
        np.testing.assert_array_equal(getattr(first, part), getattr(again, part))
    assert (first.base_rgb != other.base_rgb).any()


def test_any_number_of_processes_makes_the_same_scenes(simulation: Simulation) -> None:
    for index, scene in enumerate(simulate_scenes(CLUTTER, 3, 2, workers=2)):
        here = simulation.observe(3, index)
        assert (scene.name, scene.objects) == (here.name, here.objects)
        np.testing.assert_array_equal(scene.hand_rgb, here.hand_rgb)


def test_pictures_have_the_published_kinds(simulation: Simulation) -> None:
    scene = simulation.observe(0, 0)
    assert (scene.base_rgb.shape, scene.base_rgb.dtype) == ((64, 64, 3), np.uint8)
    assert (scene.hand_depth.shape, scene.hand_depth.dtype) == ((64, 64, 1), np.float32)
    assert set(scene.objects) <= set(SHAPES)
    assert list(scene.objects) == sorted(scene.objects)


def test_what_falls_comes_to_rest_in_the_tray(simulation: Simulation) -> None:
    names = ["013_apple", "030_fork", "024_bowl", "062_dice", "035_power_drill"]
    simulation.drop(names, np.random.default_rng(0))
    for name in names:
        x, y, z = simulation.data.body(name).xpos
        assert max(abs(x), abs(y)) < TRAY, name
        assert 0 < z < 0.25, name
    assert np.abs(simulation.data.qvel).max() < 1


def test_depth_is_in_metres_from_the_camera(simulation: Simulation) -> None:
    simulation.drop([], np.random.default_rng(0))
    simulation.dress(np.random.default_rng(0))
    view = simulation.see(HAND_CAMERA)
    height = simulation.data.camera(HAND_CAMERA).xpos[2]
    assert view.depth[32, 32, 0] == pytest.approx(height, abs=1e-3)
    assert simulation.shown(view).sum() == 0


def test_only_what_is_seen_counts_as_present(simulation: Simulation) -> None:
    """A ball below an upturned bowl is in the tray, and is not seen."""
    simulation.drop(["024_bowl", "058_golf_ball"], np.random.default_rng(0))
    for name, height in (("058_golf_ball", 0.0215), ("024_bowl", 0.029)):
        joint = simulation.data.joint(simulation.model.body(name).jntadr[0])
        joint.qpos[:] = [0, 0, height, *([0, 1, 0, 0] if name == "024_bowl" else [1, 0, 0, 0])]
    simulation.dress(np.random.default_rng(0))
    shown = dict(zip(SHAPES, simulation.shown(simulation.see(HAND_CAMERA)), strict=True))
    assert shown["024_bowl"] > 100
    assert shown["058_golf_ball"] == 0
    assert simulation.shown(simulation.see(BASE_CAMERA)).sum() > 100


def test_the_threshold_decides_what_is_present() -> None:
    try:
        with Simulation(Clutter(pixels=64, visible=10**6)) as strict:
            assert strict.observe(3, 1).objects == ()
    except InputError as error:
        pytest.skip(str(error))


def test_objects_have_the_sizes_of_ycb() -> None:
    """Longest side in millimetres, of the boxes around all pieces, turned with the object."""
    model = build(64)
    for name, real in (
        ("011_banana", 190),
        ("013_apple", 75),
        ("048_hammer", 330),
        ("062_dice", 16),
        ("024_bowl", 159),
    ):
        (geoms,) = np.nonzero(model.geom_bodyid == model.body(name).id)
        low = np.min([model.geom_pos[g] - model.geom_aabb[g, 3:].max() for g in geoms], axis=0)
        high = np.max([model.geom_pos[g] + model.geom_aabb[g, 3:].max() for g in geoms], axis=0)
        assert (high - low).max() * 1000 == pytest.approx(real, rel=0.25), name


def test_without_a_renderer_the_message_says_what_to_install(tmp_path: Path) -> None:
    out = tmp_path / "scenes.h5"
    done = subprocess.run(
        [sys.executable, "-m", "clipling", "pickclutter", "simulate", "--out", str(out), "--scenes", "1"],
        env={**os.environ, "__EGL_VENDOR_LIBRARY_DIRS": str(tmp_path), "MUJOCO_GL": "egl"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "apt-get install libegl1 libgl1-mesa-dri" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
