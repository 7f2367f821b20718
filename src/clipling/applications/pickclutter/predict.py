"""`clipling pickclutter predict`: one observation, some names, which of them are there."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from clipling.applications.pickclutter.settings import THRESHOLD
from clipling.contracts.errors import InputError, unknown
from clipling.plain import visible

if TYPE_CHECKING:
    from clipling.applications.pickclutter.episodes import Observation


@dataclass(frozen=True)
class Found:
    """The score of each name, in [0, 1]; above 0.5 it is there."""

    observation: str
    scores: dict[str, float]
    picture: Path | None = None

    def __rich__(self) -> Table:
        """What a terminal shows."""
        about = f"{self.observation}; drawn in {self.picture}" if self.picture else self.observation
        table = Table("object", "there", "score", title=Text(visible(about)), title_justify="left")
        for name, score in self.scores.items():
            table.add_row(Text(visible(name)), "yes" if score > THRESHOLD else "no", f"{score:.3f}")
        return table


def predict(
    bundle: Path | str,
    *,
    ask: list[str] | None = None,
    rgb: Annotated[tuple[Path, Path] | None, Parameter(consume_multiple=True)] = None,
    depth: Annotated[tuple[Path, Path] | None, Parameter(consume_multiple=True)] = None,
    scenes: Path | str | None = None,
    episode: str | None = None,
    teacher: str | None = None,
    picture: Path | str | None = None,
) -> Found:
    """Say which named objects are in one observation of two RGB-D cameras, and where.

    Seen objects, unseen ones, any name.

    Parameters
    ----------
    bundle
        Folder of a finished run, or of its student.
    ask
        A name to ask for, once for each; by default all objects of the bundle. "mug . a blue cup with a handle" says
        what it looks like, too.
    rgb
        Pictures of the base camera and of the hand camera.
    depth
        Their depths in metres: NumPy arrays (.npy) of the size of the pictures.
    scenes
        HDF5 file of scenes, in place of --rgb and --depth.
    episode
        Which scene of it; by default the first.
    teacher
        Where the teacher is now, for names that the bundle has no texts for.
    picture
        PNG or JPEG to draw: both cameras, and where each name was looked for.

    """
    if (scenes is None) == (rgb is None and depth is None):
        raise InputError("give either --rgb BASE HAND and --depth BASE HAND, or --scenes FILE")
    if scenes is None and (rgb is None or depth is None):
        raise InputError(f"{'--depth' if rgb else '--rgb'} is missing; give --rgb BASE HAND and --depth BASE HAND")
    if scenes is None and episode is not None:
        raise InputError(f"episode '{episode}' is one of a file: give --scenes FILE, or leave --episode out")
    from clipling.applications.pickclutter.picker import Picker  # torch loads here, not for --help

    drawn = Path(picture) if picture else None
    if drawn:
        from clipling.applications.pickclutter.pictures import check_ending, draw_scene

        check_ending(drawn)
    picker = Picker.load(bundle, ask, teacher=teacher)
    if scenes is not None:
        seen = _recorded(Path(scenes), episode)
    else:
        assert rgb is not None
        assert depth is not None
        seen = _taken(rgb, depth)
    scores = picker.look(seen)
    if drawn:
        from clipling.applications.pickclutter.objects import spoken_name

        present = [spoken_name(one) for one in seen.objects] if scenes is not None else None
        draw_scene(drawn, seen, scores, {name: picker.where(name) for name in picker.names}, present)
    return Found(seen.name, scores, drawn)


def _recorded(path: Path, episode: str | None) -> "Observation":
    from clipling.applications.pickclutter.episodes import Episodes, Observation

    episodes = Episodes(path)
    if episode is not None and episode not in episodes.names:
        raise InputError(f"{path}: {unknown('episode', episode, episodes.names)}")
    seen: Observation = episodes[0 if episode is None else episodes.names.index(episode)]
    return seen


def _taken(rgb: tuple[Path, Path], depth: tuple[Path, Path]) -> "Observation":
    """The observation in four files."""
    import numpy as np

    from clipling.applications.pickclutter.episodes import Observation
    from clipling.applications.pickclutter.scene_files import read_depth
    from clipling.data.decode import decode_image

    colours = [np.asarray(decode_image(path)) for path in rgb]
    metres = [read_depth(path) for path in depth]
    return Observation(rgb[1].name, colours[0], metres[0], colours[1], metres[1])
