"""What the page asks: student and teacher about one image and any names, and where the student looked. No page here.

What it keeps is bounded: the texts of the bundle and of a text bank, and the last few thousand new names.

Shapes: C classes, D embedding width.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from clipling.contracts.errors import InputError, some
from clipling.contracts.names import nfc
from clipling.contracts.records import Prediction
from clipling.deploy.activation import Activation, activation
from clipling.deploy.bank import TextBank
from clipling.deploy.bundle import Bundle
from clipling.deploy.pixels import pixels_of
from clipling.deploy.student import Student
from clipling.evaluation import top_predictions
from clipling.teacher.tower import Teacher

NAMES_AT_MOST = 1000
LETTERS_AT_MOST = 200
"""Of a name. Most are shorter by far; text towers read some 70 tokens."""
_SHOWN = 5
_REMEMBERED = 5000  # new names whose texts are kept: 15 MB at a width of 768


@dataclass(frozen=True)
class Opinion:
    """What student or teacher says of an image: its most probable names, the cosine of the first, how long it took.

    milliseconds: from the decoded image to its embedding.
    """

    predictions: list[Prediction]
    cosine: float
    milliseconds: float


@dataclass(frozen=True)
class Sight:
    """The square of an image that the student sees, and what each place of it says for a name."""

    picture: Image.Image
    activation: Activation


class Panel:
    """A student, its teacher where it is at hand, and the texts that both choose among.

    own: the names to choose among unless others are given. closed: why no other names can be had, or None.
    limit: the cosine below which an image probably shows none of them, or None. side: of the shorter side of an image,
    all that student and teacher need.
    """

    def __init__(
        self, bundle: Bundle, student: Student, *, teacher: Teacher | None, bank: TextBank | None, closed: str | None
    ) -> None:
        """student: of that bundle, with that bank. teacher: the one it learned from."""
        self.bundle, self.student, self.teacher, self.closed = bundle, student, teacher, closed
        self.own: tuple[str, ...] = student.classes
        self.side = max(student.config.shorter_side, int(np.max(teacher.image_size)) if teacher else 0)
        self._template = bank.made.template if bank else None
        asked_alike = bank is None or self._template == (None if bundle.prompt is not None else bundle.config.template)
        rows = dict(zip((one.name for one in bundle.classes), bundle.text, strict=True)) if asked_alike else {}
        self._known: dict[str, Tensor] = rows | (dict(zip(bank.names, bank.text, strict=True)) if bank else {})
        self._new = OrderedDict[str, Tensor]()
        self.limit = student.threshold.cosine if student.threshold and asked_alike else None

    def names_in(self, written: str) -> tuple[str, ...]:
        """The names in what somebody wrote, each once: one a line or separated by commas; its own where there are none.

        Raises InputError for more or longer names than are taken, and for unknown ones where no new ones can be had.
        """
        lines = [line.strip() for line in nfc(written).splitlines()]
        parts = [part.strip() for line in lines for part in ([line] if line in self._known else line.split(","))]
        names = tuple(dict.fromkeys(part for part in parts if part))
        if len(names) > NAMES_AT_MOST:
            raise InputError(f"{len(names)} names are too many for this page: give at most {NAMES_AT_MOST}.")
        if long := [name for name in names if len(name) > LETTERS_AT_MOST]:
            raise InputError(f"'{long[0][:40]}...' is too long for a name: give at most {LETTERS_AT_MOST} letters.")
        if self.closed and (new := [name for name in names if name not in self._known]):
            raise InputError(f"The student has no text for {some(new)}. {self.closed}")
        if not names and not self.own:
            raise InputError("The student came with no names of its own: give at least one to choose.")
        return names or self.own

    def opinions(self, picture: Image.Image, names: Sequence[str]) -> tuple[Opinion, Opinion | None]:
        """What the student, and the teacher where there is one, say of a decoded image. Raises as `Student.text_bank`.

        The student's probabilities are at the temperature of its training, the teacher's at its own.
        """
        text = self._text(names)
        begun = perf_counter()
        features = self.student.encode_image(picture).cpu()
        student = _opinion(features, text, names, self.student.config.temperature, begun)
        if self.teacher is None:
            return student, None
        begun = perf_counter()
        features = self.teacher.encode_image(self.teacher.prepare(picture)[None]).cpu()
        model: Any = self.teacher.model
        return student, _opinion(features, text, names, 1 / float(model.logit_scale.exp()), begun)

    def sight(self, picture: Image.Image, name: str) -> Sight:
        """Where the student looks for that name. Raises as `Student.text_bank`."""
        pixels = pixels_of(picture, self.student.config)
        device = self.student.device
        seen = activation(self.student.net, pixels.to(device), self._text([name])[0].to(device))
        return Sight(Image.fromarray(pixels.permute(1, 2, 0).numpy()), seen)

    def warm_up(self) -> None:
        """Look at an empty image once, so that the first one does not pay for what is set up then."""
        picture = Image.new("RGB", (64, 64))
        self.student.encode_image(picture)
        if self.teacher is not None:
            self.teacher.encode_image(self.teacher.prepare(picture)[None])

    def _text(self, names: Sequence[str]) -> Float[Tensor, "C D"]:
        """The texts of the names, those that are new from the teacher, all at once."""
        if new := [name for name in names if name not in self._known and name not in self._new]:
            rows = self.student.text_bank(new, self._template).text
            self._new.update(zip(new, rows, strict=True))
        for name in names:
            if name in self._new:
                self._new.move_to_end(name)
        text = torch.stack([self._known[name] if name in self._known else self._new[name] for name in names])
        while len(self._new) > _REMEMBERED:
            self._new.popitem(last=False)
        return text


def _opinion(
    features: Float[Tensor, "1 D"], text: Float[Tensor, "C D"], names: Sequence[str], temperature: float, begun: float
) -> Opinion:
    milliseconds = 1000 * (perf_counter() - begun)
    [predictions] = top_predictions(features, text, names, temperature=temperature, k=_SHOWN)
    return Opinion(predictions, float((features @ text.T).max()), milliseconds)
