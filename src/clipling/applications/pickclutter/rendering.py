"""Off-screen pictures of a MuJoCo model without a GPU: colour, depth in metres, and which piece each pixel shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from clipling.applications.pickclutter.headless import NO_RENDERER, mujoco
from clipling.applications.pickclutter.shapes.part import Array
from clipling.contracts.errors import InputError


@dataclass(frozen=True)
class View:
    """What one camera sees, row 0 at the top."""

    rgb: Array
    """(H, W, 3) uint8."""
    depth: Array
    """(H, W, 1) float32: metres along the viewing direction, to a tenth of a millimetre."""
    geoms: Array
    """(H, W) int32: number of the piece, -1 for none."""


class Cameras:
    """Takes pictures of one model; may be kept for any number of them."""

    def __init__(self, model: Any, pixels: int) -> None:
        try:
            self._renderer = mujoco.Renderer(model, pixels, pixels)
        except (ImportError, AttributeError, RuntimeError, mujoco.FatalError) as error:
            raise InputError(NO_RENDERER.format(error=str(error).partition("\n")[0])) from None
        self._options = mujoco.MjvOption()

    def look(self, data: Any, camera: str) -> View:
        """The present state of the world from the camera of that name."""
        renderer = self._renderer
        renderer.update_scene(data, camera, self._options)
        rgb = renderer.render()
        renderer.enable_depth_rendering()
        depth = np.round(renderer.render(), 4)[..., None]
        renderer.enable_segmentation_rendering()
        geoms, kinds = np.moveaxis(renderer.render(), -1, 0)
        renderer.disable_segmentation_rendering()
        return View(rgb, depth, np.where(kinds == mujoco.mjtObj.mjOBJ_GEOM, geoms, -1))

    def close(self) -> None:
        """Free the renderer and its context."""
        self._renderer.close()
