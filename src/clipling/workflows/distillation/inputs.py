"""The first arrow: images, class names and a split become what every later stage reads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.contracts.records import Split
from clipling.data.labels import read_class_names, read_descriptions
from clipling.data.split import make_split, read_split
from clipling.data.unlabelled import names_to_choose, unlabelled_split
from clipling.language.config import TextConfig
from clipling.language.controls import CONTROLS
from clipling.language.texts import class_texts
from clipling.workflows.data_folder import open_folder


@dataclass(frozen=True)
class Inputs:
    """A data set, split, with the text of every class."""

    root: Path
    split: Split
    names: dict[str, str]
    texts: dict[str, tuple[str, ...]]
    """Of every class: one text, or as many as its set of templates has."""
    bare: dict[str, str]
    """The same without a template, for the vectors of a learned prompt to stand before."""

    def label_rows(self, files: Sequence[str], classes: Sequence[str]) -> list[int]:
        """The place of each file's class in `classes`."""
        place = {name: row for row, name in enumerate(classes)}
        return [place[self.split.labels[file]] for file in files]

    def without(self, skipped: Sequence[str]) -> "Inputs":
        """The same without the files in `skipped`."""
        gone = set(skipped)

        def kept(files: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(file for file in files if file not in gone)

        split = self.split
        return replace(self, split=replace(split, train=kept(split.train), id=kept(split.id), ood=kept(split.ood)))

    def closed(self) -> "Inputs":
        """The same without the classes that nothing is taught of, and their images."""
        split, seen = self.split, set(self.split.seen_classes)
        ood = tuple(file for file in split.ood if split.labels[file] in seen)
        return replace(self, split=replace(split, ood=ood, unseen_classes=()))


def read_inputs(
    root: Path,
    split: Path | None,
    *,
    seed: int,
    text: TextConfig,
    unlabelled: bool = False,
    names_file: Path | None = None,
) -> Inputs:
    """Read the data set under `root` with the split in that folder, or one made here from `seed`.

    unlabelled: leave classes aside. names_file: class names for images that have no class.
    """
    if split is not None:
        chosen = read_split(split, root)
    else:
        folder = open_folder(root, unlabelled=unlabelled)
        chosen = unlabelled_split(folder, seed=seed) if unlabelled else make_split(folder, seed=seed)
    if names_file is not None:
        chosen = replace(chosen, seen_classes=names_to_choose(names_file))
    names = read_class_names(root, chosen.classes) if chosen.is_labelled else {name: name for name in chosen.classes}
    appended = _appended(root, chosen, text, seed)
    texts = class_texts(chosen.classes, names, appended, template=text.template)
    bare = [only for (only,) in class_texts(chosen.classes, names, appended, template="{}")]
    classes = chosen.classes
    return Inputs(root, chosen, names, dict(zip(classes, texts, strict=True)), dict(zip(classes, bare, strict=True)))


def _appended(root: Path, split: Split, text: TextConfig, seed: int) -> dict[str, str] | None:
    """What follows the name of each class; controls are drawn among the seen and among the unseen classes apart."""
    if text.descriptions == "none":
        if text.descriptions_file:
            raise InputError(
                f"text.descriptions_file is {text.descriptions_file}, but text.descriptions is none, so it would not "
                "be read; add --text.descriptions own"
            )
        return None
    control = CONTROLS[text.descriptions]
    true = read_descriptions(root, split.classes, file=text.descriptions_file)
    sides = [{label: true[label] for label in side} for side in (split.seen_classes, split.unseen_classes)]
    return {label: said for side in sides for label, said in control(side, seed).items()}
