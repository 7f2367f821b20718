"""`clipling pickclutter simulate`: recorded scenes without a robot."""

from collections import Counter
from dataclasses import dataclass
from math import inf
from pathlib import Path

from clipling.applications.pickclutter.clutter import TEACHER_SEEDS, Clutter, identities
from clipling.applications.pickclutter.objects import OBJECTS
from clipling.contracts.errors import InputError, refuse_outside
from clipling.contracts.limits import SEED, WORKERS
from clipling.workflows.console import counting


@dataclass(frozen=True)
class Simulated:
    """A file of scenes, and in how many of them each object is present."""

    out: Path
    scenes: int
    present: Counter[str]

    def __rich__(self) -> str:
        """What a terminal shows."""
        often = ", ".join(f"{OBJECTS[name].name} {count}" for name, count in sorted(self.present.items()))
        return f"{self.out}: {self.scenes} scenes, {self.present.total() / self.scenes:.1f} objects in each\n{often}"


def simulate(
    *,
    out: Path | str,
    scenes: int = 100,
    seed: int = 0,
    objects: list[str] | None = None,
    fewest: int = 3,
    most: int = 7,
    visible: int = 30,
    pixels: int = 224,
    workers: int = 1,
    overwrite: bool = False,
) -> Simulated:
    """Simulate clutter before a robot with two RGB-D cameras, as a file of recorded scenes.

    Parameters
    ----------
    out
        HDF5 file to write, in the layout of the published data.
    scenes
        How many scenes.
    seed
        Same seed, same scenes: 0 to 999,999. Further ones are for training a teacher.
    objects
        What may lie there: seen, unseen, all, or names such as banana; give it several times for several.
    fewest
        Fewest objects that fall into the tray.
    most
        Most objects that fall into the tray.
    visible
        Pixels of an object, in the camera that sees more of it, from which on it counts as present.
    pixels
        Width and height of the pictures.
    workers
        Processes that simulate at the same time; the scenes are the same with any number.
    overwrite
        Replace a file that is there.

    """
    out = Path(out)
    clutter = Clutter(identities(objects or ["all"]), fewest, most, visible, pixels)
    _check(out, scenes, seed, workers, overwrite)
    from clipling.applications.pickclutter.episodes import Episodes, write_episodes
    from clipling.applications.pickclutter.recording import simulate_scenes
    from clipling.applications.pickclutter.simulation import VERSION

    said: dict[str, str | int] = {
        "seed": seed,
        "simulation": VERSION,
        "visible": visible,
        "objects": " ".join(clutter.objects),
    }
    with counting("simulating scenes") as progress:
        made = simulate_scenes(clutter, seed, scenes, workers)
        write_episodes(out, made, said, lambda done: progress(done, scenes))
    labels = Episodes(out).labels()
    return Simulated(out, len(labels), Counter(name for present in labels.values() for name in present))


def _check(out: Path, scenes: int, seed: int, workers: int, overwrite: bool) -> None:
    refuse_outside(scenes=(scenes, 1, inf), seed=(seed, 0, SEED), workers=(workers, 1, WORKERS))
    if seed >= TEACHER_SEEDS:
        raise InputError(f"seed is {seed}; expected below {TEACHER_SEEDS}: the others are for training a teacher")
    if out.is_dir():
        raise InputError(f"{out}: is a folder; expected the name of a file to write")
    if out.exists() and not overwrite:
        raise InputError(f"{out}: is there already; --overwrite replaces it")
