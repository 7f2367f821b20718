"""What a training on scenes was begun with besides its settings: one that is resumed with anything else is refused."""

from dataclasses import asdict, dataclass

from clipling.applications.pickclutter.scenes import Scenes
from clipling.contracts.conform import from_values
from clipling.contracts.errors import InputError
from clipling.files import hash_strings, read_json, write_json
from clipling.workflows.console import say
from clipling.workflows.run import Run
from clipling.workflows.settings import named


@dataclass(frozen=True)
class Begun:
    """The content of begun.json."""

    teacher: str
    """Hash of its weights."""
    texts: dict[str, str]
    """Of each object asked for."""
    scenes: str
    """Hash of the training scenes' names, each with its objects, in the order of their rows."""

    def check(self, scenes: Scenes, texts: dict[str, str], place: Run) -> None:
        """Raise InputError when the scenes, or the text of an object, are others now."""
        if self.scenes != _hash_of(scenes):
            raise InputError(
                f"{place.folder}: was begun with training scenes of other names or objects than the file holds now; "
                "put the file of then back in its place, or start a new run"
            )
        for one in sorted(self.texts.keys() | texts.keys()):
            before, now = self.texts.get(one, "nothing"), texts.get(one, "nothing")
            if before != now:
                raise InputError(
                    f"{place.folder}: was begun with '{before}' as the text of object '{one}', which is '{now}' now; "
                    "put the descriptions and scenes of then back in their place, or start a new run"
                )


def take_up_begun(place: Run, scenes: Scenes, texts: dict[str, str]) -> Begun | None:
    """What a training to be resumed was begun with, None where its version did not write it down.

    Raises InputError when it was begun with other scenes or texts.
    """
    if not place.begun.exists():
        say(f"{place.folder}: does not record what it was begun with; teacher and texts are taken as they are now")
        return None
    with named(place.begun):
        begun = from_values(Begun, read_json(place.begun), extra=True)
    begun.check(scenes, texts, place)
    return begun


def write_begun(place: Run, teacher: str, scenes: Scenes, texts: dict[str, str]) -> None:
    """Write begun.json, once for all."""
    if not place.begun.exists():
        write_json(place.begun, {"schema": 1, **asdict(Begun(teacher, texts, _hash_of(scenes)))})


def _hash_of(scenes: Scenes) -> str:
    shown = [*scenes.train.objects, *(scenes.shots.objects if scenes.shots else ())]
    return hash_strings("\t".join([name, *objects]) for name, objects in zip(scenes.names, shown, strict=True))
