"""The contact sheet: a few evaluated images with what student and teacher said about them.

Which images are shown depends on their file names alone, one class after the other, so that neither luck nor liking
selects them; thumbnails are small JPEGs inside the page.
"""

import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from PIL import Image

from clipling.contracts.records import Prediction
from clipling.data.decode import UnreadableImage, decode_image
from clipling.files import hash_strings
from clipling.report.predictions import ImageAnswers

SIDE = 144
"""Longer side of a thumbnail in pixels."""


@dataclass(frozen=True)
class Answer:
    """One answer in words: the class's name, the probability in [0, 1], and whether it is right."""

    name: str
    probability: float
    right: bool


@dataclass(frozen=True)
class Shot:
    """One image of the sheet. `thumbnail` is a data URI, None when the image cannot be read any more."""

    file: str
    name: str
    student: Answer | None
    teacher: Answer | None
    thumbnail: str | None


def choose(rows: Sequence[ImageAnswers], count: int) -> list[ImageAnswers]:
    """At most `count` rows, the classes in turn, in the order of a hash of their names; the answers play no part."""
    by_class: dict[str, list[ImageAnswers]] = {}
    for row in sorted(rows, key=lambda row: hash_strings([row.file])):
        by_class.setdefault(row.label, []).append(row)
    classes = [by_class[label] for label in sorted(by_class, key=lambda label: hash_strings([label]))]
    in_turn = [row for turn in zip_longest(*classes) for row in turn if row is not None]
    return in_turn[:count]


def contact_sheet(
    rows: Sequence[ImageAnswers], root: Path | None, names: Mapping[str, str], *, count: int = 36
) -> list[Shot]:
    """The shots for these rows, images read from `root`, the data root (None when it is not known).

    `names` gives the names people read, by class.
    """
    return [
        Shot(
            file=row.file,
            name=names.get(row.label, row.label),
            student=_answer(row.student, row.label, names),
            teacher=_answer(row.teacher, row.label, names),
            thumbnail=thumbnail(root, row.file) if root else None,
        )
        for row in choose(rows, count)
    ]


def _answer(predictions: Sequence[Prediction], label: str, names: Mapping[str, str]) -> Answer | None:
    if not predictions:
        return None
    first = predictions[0]
    return Answer(names.get(first.label, first.label), first.probability, first.label == label)


def thumbnail(root: Path, file: str, side: int = SIDE) -> str | None:
    """The image as a small JPEG in a data URI; None when it is gone, unreadable, or not inside `root`."""
    inside = PurePosixPath(file)
    if inside.is_absolute() or ".." in inside.parts:
        return None
    try:
        small = decode_image(root / inside, at_least=side)
    except UnreadableImage:  # a page without one picture is worth more than no page; it says which are missing
        return None
    small.thumbnail((side, side))
    return data_uri(small)


def data_uri(image: Image.Image) -> str:
    """An RGB image as a JPEG inside the page itself."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=78, optimize=True)
    return f"data:image/jpeg;base64,{b64encode(stream.getvalue()).decode()}"
