"""The first arrow: images, class names and a split become what every later stage reads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clipling.contracts.records import Split
from clipling.data.folder import scan
from clipling.data.labels import read_class_names, read_descriptions
from clipling.data.split import make_split, read_split
from clipling.language.config import TextConfig
from clipling.language.texts import class_texts


@dataclass(frozen=True)
class Inputs:
    """A data set, split, with the text of every class."""

    root: Path
    split: Split
    names: dict[str, str]
    texts: dict[str, str]

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


def read_inputs(root: Path, split: Path | None, *, seed: int, text: TextConfig) -> Inputs:
    """Read the data set under `root` with the split in that folder, or one made here from `seed`."""
    chosen = make_split(scan(root), seed=seed) if split is None else read_split(split, root)
    names = read_class_names(root, chosen.classes)
    descriptions = read_descriptions(root, chosen.classes) if text.descriptions else None
    texts = class_texts(chosen.classes, names, descriptions, template=text.template)
    return Inputs(root, chosen, names, dict(zip(chosen.classes, texts, strict=True)))
