"""The physical model: a tray on a table, every object there is, a robot arm with a camera in its hand and one across.

All objects are in the model from the start; a scene decides which of them take part. The others float unseen.
"""

from typing import Any

import numpy as np

from clipling.applications.pickclutter.headless import mujoco
from clipling.applications.pickclutter.shapes import SHAPES
from clipling.applications.pickclutter.shapes.paint import cube_map
from clipling.applications.pickclutter.shapes.part import Part

TRAY = 0.2
"""Half of the tray's inner side, in metres."""
SHOWN, HIDDEN = 0, 4
"""Groups of pieces that cameras see, and do not see."""
BASE_CAMERA, HAND_CAMERA = "base_camera", "hand_camera"
_MILLIMETRE = 1e-3
_DENSITY = 500
_FRICTION = (0.7, 0.003, 0.002)
"""Sliding, twisting, rolling: balls come to rest."""
_TYPES = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "ellipsoid": mujoco.mjtGeom.mjGEOM_ELLIPSOID,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
}
_ARM = (0.86, 0.87, 0.9, 1)
_FINGER = (0.2, 0.2, 0.22, 1)


def build(pixels: int) -> Any:
    """Compile the model; cameras take up to `pixels` a side."""
    spec = mujoco.MjSpec()
    _set_quality(spec, pixels)
    _furnish(spec)
    _mount_robot(spec)
    for model_id, shape in SHAPES.items():
        body = spec.worldbody.add_body(name=model_id, gravcomp=1)
        body.add_freejoint()
        for number, part in enumerate(shape().parts):
            _add_part(spec, body, part, f"{model_id}/{number}")
    return spec.compile()


def _set_quality(spec: Any, pixels: int) -> None:
    spec.option.timestep = 0.004
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.visual.global_.offwidth = spec.visual.global_.offheight = pixels
    spec.visual.quality.shadowsize = 1024
    spec.visual.quality.offsamples = 4
    spec.visual.quality.numslices, spec.visual.quality.numstacks = 20, 12
    spec.visual.map.znear, spec.visual.map.zfar = 0.02, 8
    spec.stat.extent = 1.0
    spec.stat.center = [0, 0, 0.1]


def _add_part(spec: Any, body: Any, part: Part, name: str) -> None:
    turn = np.zeros(4)
    mujoco.mju_euler2Quat(turn, np.radians(part.turn), "XYZ")
    half = np.array(part.half) * _MILLIMETRE
    geom = body.add_geom(
        type=_TYPES[part.form],
        size=[half[0], half[2], 0] if part.form in ("cylinder", "capsule") else half,
        pos=np.array(part.at) * _MILLIMETRE,
        quat=turn,
        density=_DENSITY if part.solid else 0,
        contype=int(part.solid),
        conaffinity=int(part.solid),
        condim=6,
        friction=_FRICTION,
    )
    if not callable(part.look):
        geom.rgba = [*(channel / 255 for channel in part.look), 1]
        return
    texture = cube_map(part.look, part.form)
    faces, side, _, channels = texture.shape
    spec.add_texture(
        name=name, type=mujoco.mjtTexture.mjTEXTURE_CUBE, width=side, height=faces * side, nchannel=channels
    ).data = texture.tobytes()
    material = spec.add_material(name=name, specular=0.3, shininess=0.3)
    roles = list(material.textures)
    roles[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
    material.textures = roles
    geom.material = name


def _furnish(spec: Any) -> None:
    """Table, tray, and unseen slippery walls above the tray that keep what falls inside."""
    world = spec.worldbody
    world.add_geom(name="table", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[4, 4, 0.1], pos=[0, 0, -0.01])
    thick, low, high, deep = 0.006, 0.02, 0.5, 0.1  # the floor goes deep: thin things would fall through a board
    wide = TRAY + 2 * thick
    tray = {"contype": 1, "conaffinity": 1, "condim": 6, "friction": _FRICTION}
    world.add_geom(
        name="tray",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[wide, wide, deep],
        pos=[0, 0, -deep],
        **tray,
    )
    for side, (x, y) in enumerate(((1, 0), (-1, 0), (0, 1), (0, -1))):
        along = [thick if x else wide, thick if y else wide]
        centre = [x * (TRAY + thick), y * (TRAY + thick)]
        world.add_geom(
            name=f"rim{side}", type=mujoco.mjtGeom.mjGEOM_BOX, size=[*along, low], pos=[*centre, low], **tray
        )
        world.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[*along, high],
            pos=[*centre, low * 2 + high],
            group=HIDDEN,
            friction=(0, 0, 0),
        )
    world.add_light(name="sun", pos=[0, 0, 2], dir=[0, 0, -1], castshadow=True)
    world.add_light(name="lamp", pos=[1, 1, 2], dir=[-0.4, -0.4, -1], castshadow=False)


def _mount_robot(spec: Any) -> None:
    """An arm that nothing touches: a shoulder, two links, a hand with two fingers, and the two cameras."""
    world = spec.worldbody
    ghost = {"contype": 0, "conaffinity": 0, "density": 0}
    capsule, box = mujoco.mjtGeom.mjGEOM_CAPSULE, mujoco.mjtGeom.mjGEOM_BOX
    for start, end, radius in (
        ((-0.55, 0, 0), (-0.55, 0, 0.3), 0.06),
        ((-0.55, 0, 0.3), (-0.35, 0, 0.72), 0.045),
        ((-0.35, 0, 0.72), (-0.04, 0, 0.66), 0.04),
    ):
        world.add_geom(type=capsule, size=[radius, 0, 0], fromto=[*start, *end], rgba=_ARM, **ghost)
    hand = world.add_body(name="hand")
    hand.add_geom(type=capsule, size=[0.035, 0, 0], fromto=[-0.04, 0, 0.16, -0.04, 0, 0.08], rgba=_ARM, **ghost)
    hand.add_geom(type=box, size=[0.02, 0.05, 0.015], pos=[-0.04, 0, 0.035], rgba=_FINGER, **ghost)
    for side in (-1, 1):
        hand.add_geom(type=box, size=[0.008, 0.006, 0.03], pos=[-0.04, side * 0.04, 0], rgba=_FINGER, **ghost)
    hand.add_camera(name=HAND_CAMERA, pos=[0.02, 0, 0.06], xyaxes=[0, -1, 0, 1, 0, 0], fovy=60)
    world.add_camera(name=BASE_CAMERA, pos=[0.48, 0, 0.46], xyaxes=[0, 1, 0, -0.69, 0, 0.72], fovy=48)
