"""The files of an experiment: which scenes train, which are shown as few shots, which measure; and what is asked.

Objects of the training scenes are the seen ones; those of the out-of-distribution scenes beyond them are unseen.
"""

from dataclasses import dataclass
from pathlib import Path

from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.observations import Observations, open_observations
from clipling.applications.pickclutter.settings import Settings
from clipling.contracts.errors import InputError
from clipling.workflows.distillation.images import workspace


@dataclass(frozen=True)
class Scenes:
    """What a student is taught with and measured on."""

    train: Observations
    shots: Observations | None
    id: Observations | None
    ood: Observations | None
    seen: tuple[str, ...]
    """Objects of the training scenes, by identity."""
    unseen: tuple[str, ...]
    """Further objects of the out-of-distribution scenes."""

    @property
    def taught(self) -> tuple[str, ...]:
        """Objects asked for while training: the seen ones, and those that the shots show."""
        shown = {one for there in self.shots.objects for one in there} if self.shots else set()
        return (*self.seen, *sorted(shown - set(self.seen)))

    @property
    def names(self) -> tuple[str, ...]:
        """The scenes that train, in the order of their rows."""
        return self.train.names + (self.shots.names if self.shots else ())


def open_scenes(settings: Settings, shots: Path | None = None, few: int | None = None) -> Scenes:
    """Open the files of a run, or of its few shots, at the size of its student.

    shots: a file of scenes to be shown, of which `few` are, or all. When it is the file of the out-of-distribution
    scenes itself, the first are shown and the others measure.
    Raises InputError for files that are not in the layout, and for objects that no training scene has in the file that
    holds seen objects only.
    """
    size, folder = settings.image_size, workspace(settings.out) / "observations"
    train = Episodes(settings.train)
    seen = train.objects
    if not seen:
        raise InputError(f"{settings.train}: no scene in it has any object; nothing can be learned from it")
    apart = {"id": seen, "ood": None}
    files = {name: Episodes(path, apart[name]) for name in apart if (path := getattr(settings, name)) is not None}
    found = {name: file.objects for name, file in files.items()}  # objects that do not belong are refused here
    opened = {name: open_observations(file, size, folder) for name, file in files.items()}
    shown, ood = None, opened.get("ood")
    if shots is not None:
        shown = open_observations(Episodes(shots), size, folder)
        few = len(shown) if few is None else few
        if ood is not None and shots.resolve() == settings.ood:
            ood = ood.part(range(few, len(ood)))
        shown = shown.part(range(_few(few, shown, ood, shots)))
    beyond = set(found.get("ood", ())) - set(seen)
    return Scenes(open_observations(train, size, folder), shown, opened.get("id"), ood, seen, tuple(sorted(beyond)))


def _few(few: int, shown: Observations, ood: Observations | None, shots: Path) -> int:
    if not 1 <= few <= len(shown):
        raise InputError(f"scenes is {few}; expected 1 to {len(shown)}, as many as {shots} has")
    if ood is not None and not len(ood):
        raise InputError(f"{shots}: all its scenes are shown and none is left to measure on; give fewer --scenes")
    return few
