"""What kind of scenes are simulated; without MuJoCo, which is loaded once a command line was found right."""

from collections.abc import Iterable
from dataclasses import dataclass

from clipling.applications.pickclutter.objects import OBJECTS, SEEN, UNSEEN
from clipling.contracts.errors import InputError, refuse_below, unknown

TEACHER_SEEDS = 1_000_000
"""Seeds from here on are for training a teacher, so that it never sees a scene of a benchmark."""
_GROUPS = {"seen": SEEN, "unseen": UNSEEN, "all": tuple(OBJECTS)}


@dataclass(frozen=True)
class Clutter:
    """How many of which objects fall into the tray, and from when on one counts as present."""

    objects: tuple[str, ...] = tuple(OBJECTS)
    fewest: int = 3
    most: int = 7
    visible: int = 30
    """Pixels of an object, in the camera that sees more of it, from which on it counts as present."""
    pixels: int = 224

    def __post_init__(self) -> None:
        refuse_below(
            fewest=(self.fewest, 1), most=(self.most, self.fewest), visible=(self.visible, 1), pixels=(self.pixels, 32)
        )
        if self.most > len(self.objects):
            raise InputError(f"most is {self.most}, of {len(self.objects)} objects; expected at most as many")


def identities(asked: Iterable[str]) -> tuple[str, ...]:
    """The identities meant by `seen`, `unseen`, `all`, or by a name (`banana`, `011_banana`); each once, sorted."""
    names = {thing.name: (model_id,) for model_id, thing in OBJECTS.items()}
    words = {**_GROUPS, **names, **{model_id: (model_id,) for model_id in OBJECTS}}
    for word in asked:
        if word not in words:
            raise unknown("object", word, [*_GROUPS, *names])
    return tuple(sorted({model_id for word in asked for model_id in words[word]}))
