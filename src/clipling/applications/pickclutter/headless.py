"""MuJoCo, told before it is imported to draw without a display."""

import os
import sys

from clipling.contracts.errors import InputError

NO_RENDERER = (
    "no off-screen renderer was found ({error}); on Debian and Ubuntu install one, which needs no GPU: "
    "apt-get install libegl1 libgl1-mesa-dri; leave MUJOCO_GL unset"
)
if sys.platform == "linux":
    if sys.modules.get("mujoco") and "MUJOCO_GL" not in os.environ:
        raise InputError("mujoco was imported before the simulation, which cannot draw now; set MUJOCO_GL=egl before")
    os.environ.setdefault("MUJOCO_GL", "egl")
    os.environ.setdefault(
        "LP_NUM_THREADS", "1"
    )  # Mesa in software: twice as fast without threads; `workers` uses the cores
try:
    import mujoco
except ModuleNotFoundError as error:
    raise InputError(f"the simulation needs {error.name}: pip install 'clipling[pickclutter]'") from None
except (ImportError, AttributeError, OSError, RuntimeError) as error:  # what PyOpenGL raises without libEGL
    raise InputError(NO_RENDERER.format(error=str(error).partition("\n")[0])) from None

__all__ = ["NO_RENDERER", "mujoco"]
