"""What a run was begun with besides its settings: one that is resumed with anything else is refused."""

from dataclasses import asdict, dataclass

from clipling.contracts.conform import from_values
from clipling.contracts.errors import InputError
from clipling.data.labels import read_captions
from clipling.data.split import write_split
from clipling.files import hash_strings, read_json, read_lines, write_json
from clipling.workflows.console import say
from clipling.workflows.distillation.inputs import Inputs
from clipling.workflows.distillation.teaching import TeacherSide
from clipling.workflows.run import Run
from clipling.workflows.settings import named


@dataclass(frozen=True)
class Begun:
    """The content of begun.json."""

    teacher: str
    """Hash of its weights."""
    labels: str
    """Hash of every image of the split with its class."""
    texts: dict[str, list[str]]
    """Of each class."""
    captions: str | None
    """Hash of those of the training images, where the recipe uses captions."""

    def check_texts(self, given: Inputs, run: Run) -> None:
        """Raise InputError when a class is gone, or has another text now, or, of images without classes, is new."""
        if not given.split.is_labelled and (new := [key for key in given.texts if key not in self.texts]):
            raise InputError(
                f"the name '{new[0]}' is new since the run in {run.folder} was begun; put the file of names of then "
                "back in its place, or start a new run"
            )
        for key, texts in self.texts.items():
            if key not in given.texts:
                raise InputError(
                    f"{given.root}: the class '{key}', with which the run in {run.folder} was begun, is not there; "
                    "restore the data set and the split, or start a new run"
                )
            for before, now in zip(texts, given.texts[key], strict=True):  # as many as the settings' templates
                if before != now:
                    raise InputError(
                        f"{run.folder}: was begun with '{before}' as the text of class '{key}', which is '{now}' now; "
                        "put the class names and descriptions of then back in their place, or start a new run"
                    )

    def check_images(self, whole: Inputs, inputs: Inputs, side: TeacherSide, run: Run) -> None:
        """Raise InputError when images have other classes, or training images other captions, now."""
        if self.labels != _labels(whole):
            raise InputError(
                f"{whole.root}: images of the split have other classes than when the run in {run.folder} was begun; "
                "put the labels of then back in their place, or start a new run"
            )
        if self.captions != _captions(inputs, side):
            raise InputError(
                f"{inputs.root / 'captions.jsonl'}: other captions of training images than the run in {run.folder} was "
                "begun with; put the file of then back in its place, or start a new run"
            )


def take_up_begun(run: Run, given: Inputs) -> Begun | None:
    """What a run to be resumed was begun with, None where its version did not write it down.

    given: before any image was left out. Raises InputError when classes or their texts are others now.
    """
    if not run.begun.exists():
        return None
    with named(run.begun):
        begun = from_values(Begun, read_json(run.begun), extra=True)
    begun.check_texts(given, run)
    return begun


def check_same(run: Run, begun: Begun | None, whole: Inputs, inputs: Inputs, side: TeacherSide) -> None:
    """Raise InputError when a run to be resumed was begun with another split, or with other labels or captions."""
    if begun or (run.split / "split.json").exists():
        _check_same_split(run, whole)
    if begun:
        begun.check_images(whole, inputs, side, run)
    else:
        say(f"{run.folder}: does not record what it was begun with; teacher and texts are taken as they are now")


def write_begun(run: Run, whole: Inputs, inputs: Inputs, side: TeacherSide) -> None:
    """Write the lists of `whole`, and after them begun.json, once for all."""
    if run.begun.exists():
        return
    write_split(whole.split, run.split)
    texts = {key: list(whole.texts[key]) for key in whole.split.classes}
    begun = Begun(side.about["weights_hash"], _labels(whole), texts, _captions(inputs, side))
    write_json(run.begun, {"schema": 1, **asdict(begun)})


def _check_same_split(run: Run, whole: Inputs) -> None:
    """A run resumed with another split could train on unseen classes."""
    for part in ("train", "id", "ood"):
        before, now = set(read_lines(run.split / f"{part}.txt")), set(getattr(whole.split, part))
        if before != now:
            file = min(before ^ now)
            raise InputError(
                f"{run.split / part}.txt: the run was begun with other images than now (such as {file}); "
                "restore the data set and the split, or start a new run"
            )


def _labels(whole: Inputs) -> str:
    return hash_strings(f"{file}\t{whole.split.labels.get(file, '')}" for file in sorted(whole.split.files))


def _captions(inputs: Inputs, side: TeacherSide) -> str | None:
    if side.captions is None:
        return None
    return hash_strings(read_captions(inputs.root, inputs.split.train).values())
