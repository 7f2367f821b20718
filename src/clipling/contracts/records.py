"""Records that one stage hands to the next. Plain data, no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from clipling.contracts.errors import InputError
from clipling.contracts.names import nfc

OnBadImage = Literal["stop", "skip"]
"""What to do with an image that cannot be decoded."""


def class_of(file: str) -> str:
    """The class of an image in the folder layout: the name of the folder it lies in, in NFC."""
    return nfc(PurePosixPath(file).parent.name)


@dataclass(frozen=True)
class Split:
    """Which images train, which test the seen classes, which test the unseen ones.

    Files are POSIX paths relative to the data root, as they are on disk, in the order of the lists. `labels` gives the
    class of every file named (the folder's name, or the row of `labels.csv`), in NFC. Seen and unseen classes are
    disjoint and sorted. Of images without classes `labels` is empty, `id` are those held out, and the seen classes are
    names to choose from. `shots` are training images of unseen classes, which a few-shot draw showed.
    """

    train: tuple[str, ...]
    id: tuple[str, ...]
    ood: tuple[str, ...]
    seen_classes: tuple[str, ...]
    unseen_classes: tuple[str, ...]
    labels: dict[str, str]
    seed: int | None = None
    dataset_hash: str | None = None
    shots: tuple[str, ...] = ()

    @property
    def is_labelled(self) -> bool:
        """Whether the class of each image is known."""
        return bool(self.labels)

    @property
    def files(self) -> tuple[str, ...]:
        """All images of the split: train, then id, then ood."""
        return self.train + self.id + self.ood

    @property
    def classes(self) -> tuple[str, ...]:
        """All classes: the seen ones first."""
        return self.seen_classes + self.unseen_classes


def refuse_retrieval(settings: Mapping[str, Any], folder: Path) -> None:
    """Raise InputError when these are the settings of a few-shot draw that has no student, in that folder."""
    if settings.get("method") == "retrieval":
        raise InputError(
            f"{folder}: a draw of `clipling fewshot --method retrieval`, which trains nothing and leaves no student; "
            f"give the run that it lies in, {folder.parent.parent}"
        )


@dataclass(frozen=True)
class Prediction:
    """One answer of a student for one image."""

    label: str
    probability: float
