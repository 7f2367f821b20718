"""What is known about the six data sets of arXiv 2307.03135; the facts themselves are in `catalogue.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from clipling.contracts.errors import unknown

LISTS = ("train_data.txt", "val_on_train_data.txt", "val_data.txt")
"""The authors' names for the lists of training images, held-out images of seen classes, images of unseen classes."""
LABELS = ("label2text.txt", "chatgpt.txt")
"""The authors' names for the table of class names and the sentences in the same order."""


@dataclass(frozen=True)
class Archive:
    """What a source offers for download."""

    url: str
    md5: str
    gigabytes: float


@dataclass(frozen=True)
class DataSet:
    """One data set: what it holds, whose it is, and how to come by it."""

    name: str
    title: str
    images: int
    classes: int
    home: str
    terms: str
    layout: str
    """Where an image lies in the original archive, by example."""
    published: Mapping[str, str]
    """The authors' files, each with the SHA-256 of its lines; without lists the authors published no split."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Images in each published list."""
    archive: Archive | None = None
    """None where the images have to be got by hand."""
    by_hand: str = ""
    """How to get the images by hand."""
    fewest: int = 0
    """Images that each class has at least, where no list names them."""
    flat: str | None = None
    """The folder in which all images lie, whose names alone then say which they are."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Names of classes that share theirs with another, so that a text can tell them apart."""

    def url(self, file: str) -> str:
        """Where one of the authors' files is published, at a revision that never changes."""
        facts = _facts()
        revision = facts["lists_revision" if file in LISTS else "labels_revision"]
        return f"{facts['repository']}/{revision}/data/{self.name}/{file}"

    def root(self, folder: Path) -> Path:
        """Where the data set lies when `folder` holds several."""
        return folder / self.name


def data_set(name: str) -> DataSet:
    """The data set of that name. Raises InputError for another, with the nearest."""
    if name not in data_sets():
        raise unknown("data set", name, data_sets())
    return data_sets()[name]


@lru_cache(maxsize=1)
def data_sets() -> dict[str, DataSet]:
    """The six, by name, in the order of the paper's tables."""
    return {name: _data_set(name, facts) for name, facts in _facts()["sets"].items()}


def _data_set(name: str, facts: Mapping[str, Any]) -> DataSet:
    archive = Archive(**facts["archive"]) if "archive" in facts else None
    return DataSet(name=name, **{**facts, "archive": archive})


@lru_cache(maxsize=1)
def _facts() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(files(__package__).joinpath("catalogue.json").read_text(encoding="utf-8"))
    return known
