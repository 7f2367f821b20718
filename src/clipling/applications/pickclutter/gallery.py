"""Pictures of scenes for a person: what each run's student said, and where it looked."""

from collections.abc import Sequence
from pathlib import Path

from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.objects import spoken_name
from clipling.applications.pickclutter.picker import Picker
from clipling.applications.pickclutter.pictures import draw_scene, telling
from clipling.deploy.seal import SEAL
from clipling.workflows.run import Run

_COLUMNS = 7


def draw_gallery(runs: Sequence[Run], scenes: Path, number: int, folder: Path) -> list[Path]:
    """Draw the last scenes of a file, as each run's student sees them before and after its shots; returns the files.

    The last ones, as shots may be the first. A picture is drawn once: one that is younger than its student stays.
    """
    episodes = Episodes(scenes)
    made: list[Path] = []
    for run in runs:
        for when, place in (("zero-shot", run), ("few-shot", Run(run.folder / "fewshot"))):
            files = {name: folder / f"{run.folder.name}-{when}" / f"{name}.jpg" for name in episodes.names[-number:]}
            made += files.values()
            shipped = (place.student / SEAL).stat().st_mtime
            if all(path.exists() and path.stat().st_mtime >= shipped for path in files.values()):
                continue
            picker = Picker.load(place.student)
            for name, path in files.items():
                _draw(picker, episodes, name, path)
    return made


def _draw(picker: Picker, episodes: Episodes, name: str, path: Path) -> None:
    seen = episodes[episodes.names.index(name)]
    scores, present = picker.look(seen), [spoken_name(one) for one in seen.objects]
    columns = telling(scores, present, _COLUMNS)
    draw_scene(path, seen, scores, {one: picker.where(one) for one in columns}, present)
