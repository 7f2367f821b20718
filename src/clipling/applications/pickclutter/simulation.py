"""Clutter: some objects fall into a tray and come to rest; what is seen of each decides whether it counts as present.

All of a scene is a function of (seed, index): which objects, how they fall, table, light, where the cameras are.
"""

from typing import Any

import numpy as np

from clipling.applications.pickclutter.clutter import Clutter
from clipling.applications.pickclutter.episodes import Observation
from clipling.applications.pickclutter.headless import mujoco
from clipling.applications.pickclutter.rendering import Cameras, View
from clipling.applications.pickclutter.shapes import SHAPES
from clipling.applications.pickclutter.shapes.part import Array
from clipling.applications.pickclutter.world import BASE_CAMERA, HAND_CAMERA, HIDDEN, SHOWN, TRAY, build

VERSION = 1
"""Of the simulation: another number where the same seed gives other scenes."""
_SETTLING = 125
"""Steps between two looks at whether all lies still."""
_AT_MOST = 6
_STILL = 0.3
"""Metres or radians a second."""


class Simulation:
    """Makes scenes, any of them in any order."""

    def __init__(self, clutter: Clutter) -> None:
        self.clutter = clutter
        self.model = build(clutter.pixels)
        self.data = mujoco.MjData(self.model)
        self._cameras = Cameras(self.model, clutter.pixels)
        self._bodies = {model_id: self.model.body(model_id).id for model_id in SHAPES}
        self._flat = {model_id for model_id, shape in SHAPES.items() if shape().flat}
        self._geoms = {name: np.flatnonzero(self.model.geom_bodyid == body) for name, body in self._bodies.items()}
        self._solid = {name: self.model.geom_contype[geoms] for name, geoms in self._geoms.items()}

    def observe(self, seed: int, index: int) -> Observation:
        """Scene `index` of the seed, from both cameras."""
        rng = np.random.default_rng((seed, index))
        clutter = self.clutter
        count = rng.integers(clutter.fewest, clutter.most + 1)
        names = [str(name) for name in rng.choice(clutter.objects, count, replace=False)]
        self.drop(names, rng)
        self.dress(rng)
        base, hand = self.see(BASE_CAMERA), self.see(HAND_CAMERA)
        shown = np.maximum(self.shown(base), self.shown(hand))
        return Observation(
            name=f"traj_{index:06d}",
            base_rgb=base.rgb,
            base_depth=base.depth,
            hand_rgb=hand.rgb,
            hand_depth=hand.depth,
            objects=tuple(name for name, pixels in zip(SHAPES, shown, strict=True) if pixels >= clutter.visible),
        )

    def drop(self, names: list[str], rng: np.random.Generator) -> None:
        """Let these objects fall into the tray, one above the other, until they lie still."""
        mujoco.mj_resetData(self.model, self.data)
        for name, body in self._bodies.items():
            inside = name in names
            self.model.geom_group[self._geoms[name]] = SHOWN if inside else HIDDEN
            self.model.geom_contype[self._geoms[name]] = self._solid[name] * inside
            self.model.geom_conaffinity[self._geoms[name]] = self._solid[name] * inside
            self.model.body_gravcomp[body] = not inside
        for place, name in enumerate(names):
            joint = self.data.joint(self.model.body(name).jntadr[0])
            reach = TRAY * (0.35 if name in self._flat else 0.6)
            joint.qpos[:3] = [*rng.uniform(-reach, reach, 2), 0.12 + 0.12 * place]
            joint.qpos[3:] = _fallen(rng) if name in self._flat else _any_way(rng)
        for _ in range(_AT_MOST):
            mujoco.mj_step(self.model, self.data, _SETTLING)
            if np.abs(self.data.qvel).max() < _STILL:
                break

    def dress(self, rng: np.random.Generator) -> None:
        """Another table, tray, light, and small moves of the hand and of the camera across."""
        model = self.model
        model.geom("table").rgba[:3] = _muted(rng, 0.2, 0.7)
        tray = _muted(rng, 0.3, 0.75)
        for name in ("tray", "rim0", "rim1", "rim2", "rim3"):
            model.geom(name).rgba[:3] = tray if name == "tray" else tray * 0.85
        for light, strength in (("sun", rng.uniform(0.32, 0.5)), ("lamp", rng.uniform(0.08, 0.22))):
            position = np.array([*rng.uniform(-1, 1, 2), rng.uniform(1.4, 2.2)])
            model.light(light).pos[:] = position
            model.light(light).dir[:] = -position / np.linalg.norm(position)
            model.light(light).diffuse[:] = strength * (1 + rng.uniform(-0.06, 0.06, 3))
        model.vis.headlight.ambient[:] = rng.uniform(0.3, 0.42)
        model.vis.headlight.diffuse[:] = rng.uniform(0.08, 0.22)
        model.body("hand").pos[:] = [*rng.uniform(-0.03, 0.03, 2), rng.uniform(0.42, 0.48)]
        turn = np.radians(rng.uniform(-12, 12)) / 2
        model.body("hand").quat[:] = [np.cos(turn), 0, 0, np.sin(turn)]
        model.camera(BASE_CAMERA).pos[:] = np.array([0.48, 0, 0.46]) + rng.uniform(-0.02, 0.02, 3)
        mujoco.mj_forward(model, self.data)

    def see(self, camera: str) -> View:
        """What a camera sees now."""
        return self._cameras.look(self.data, camera)

    def shown(self, view: View) -> Array:
        """How many pixels of a view show each object, in the order of SHAPES."""
        bodies = self.model.geom_bodyid[view.geoms[view.geoms >= 0]]
        return np.bincount(bodies, minlength=self.model.nbody)[list(self._bodies.values())]

    def __enter__(self) -> "Simulation":
        return self

    def __exit__(self, *_: object) -> None:
        self._cameras.close()


def _any_way(rng: np.random.Generator) -> Any:
    quaternion = rng.normal(size=4)
    return quaternion / np.linalg.norm(quaternion)


def _fallen(rng: np.random.Generator) -> Any:
    """Any heading, either side up, a little tilted."""
    turned, flipped, tilted = np.zeros(4), np.zeros(4), np.zeros(4)
    mujoco.mju_axisAngle2Quat(turned, np.array([0.0, 0, 1]), rng.uniform(0, 2 * np.pi))
    mujoco.mju_axisAngle2Quat(flipped, np.array([1.0, 0, 0]), np.pi * rng.integers(2) + rng.uniform(-0.3, 0.3))
    mujoco.mju_mulQuat(tilted, turned, flipped)
    return tilted


def _muted(rng: np.random.Generator, low: float, high: float) -> Any:
    """A colour of little saturation."""
    return np.clip(rng.uniform(low, high) + rng.uniform(-0.1, 0.1, 3), 0.05, 1)
