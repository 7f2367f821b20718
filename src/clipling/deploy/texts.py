"""Rows for class names: from the bundle or a text bank while they have them, else from the teacher, loaded only then.

The teacher is let go again after use (a robot has little memory), its shipped text tower is not; the rows are kept.

Shapes: C classes, D embedding width.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError, TextsAlike, some
from clipling.contracts.names import alike
from clipling.deploy.bank import TextBank, TextSource, require_of
from clipling.deploy.bundle import Bundle
from clipling.deploy.tower import ShippedTextTower, tower_beside
from clipling.language.classes import encode_classes
from clipling.language.prompts import LearnedPrompt
from clipling.language.texts import sentences
from clipling.teacher.fingerprint import fingerprint
from clipling.teacher.tower import Teacher, load_teacher

Encoder = Teacher | ShippedTextTower
Progress = Callable[[int, int], None]
"""Told how many of how many are done."""
_AT_ONCE = 256  # names embedded between two reports of progress


class ClassTexts:
    """The text rows of a student: those of its bundle and of a text bank, and those its teacher was asked for since.

    made: how the rows of the bundle were made. template: in which texts are unless another one is asked for: that of
    the bank, else that of the training, None standing for its learned prompt.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        teacher: str | Teacher | None = None,
        bank: TextBank | None = None,
        folder: Path | None = None,
    ) -> None:
        """teacher: where to load the teacher from, if not where the bundle says, or the teacher itself. bank: its rows
        come first. folder: where the bundle lies; a text tower beside it stands in for the teacher, unless `teacher` is
        given.

        Raises InputError when the bank belongs to another teacher or prompt.
        """
        known = bundle.config.teacher
        self._spec: str | Teacher = teacher or known.get("spec", known["id"])
        self._folder = None if teacher else folder
        self._tower: ShippedTextTower | None = None
        self._prompt = None if bundle.prompt is None else LearnedPrompt(bundle.prompt)
        self.made = _source_of(bundle)
        self.template = self.made.template
        self._rows: dict[tuple[str | None, str], Tensor] = {
            (self.template, one.name): row for one, row in zip(bundle.classes, bundle.text, strict=True)
        }
        self._banked = bank is not None
        if bank is not None:
            self._require_open(bank.names)
            require_of(bank, self.made, bundle.config.width)
            self.template = bank.made.template
            self._rows |= {(self.template, name): row for name, row in zip(bank.names, bank.text, strict=True)}

    def rows(self, names: Sequence[str], template: str | None) -> Float[Tensor, "C D"]:
        """Unit rows of the names in that template, or set of templates, on the CPU; None means `self.template`.

        Raises InputError, naming them, for names that no file holds while the teacher is absent.
        """
        if self.made.template == "":
            self._require_open([name for name in names if ("", name) not in self._rows])
            template = ""
        template = self.template if template is None else template
        if new := [name for name in names if (template, name) not in self._rows]:
            self._rows |= {
                (template, name): row for name, row in zip(new, self.embed(new, template, among=names), strict=True)
            }
        return torch.stack([self._rows[template, name] for name in names])

    def bank(self, names: Sequence[str], template: str | None = None, progress: Progress | None = None) -> TextBank:
        """A text bank of the names, by the teacher; None means as in training. Raises as `embed` does."""
        template = self.made.template if template is None else template
        made = replace(self.made, template=template, prompt=self.made.prompt if template is None else None)
        return TextBank(tuple(names), self.embed(names, template, progress), made)

    def is_trained(self, template: str | None) -> bool:
        """Whether rows in that template are made as those of the training were."""
        return (self.template if template is None else template) == self.made.template

    @torch.no_grad()
    def embed(
        self,
        names: Sequence[str],
        template: str | None,
        progress: Progress | None = None,
        *,
        among: Sequence[str] | None = None,
    ) -> Float[Tensor, "C D"]:
        """Unit rows of the names by the teacher, whatever is known of them; None means the learned prompt.

        among: all names that will stand on the list, where they are more; warns of those with the same text to the
        teacher (TextsAlike). The shipped text tower stands in for the teacher where it can. Raises InputError for a
        name that is empty or too long, for a template without a place for it, and for a teacher that is absent or
        another one.
        """
        self._require_open(names)
        words = "{}" if template is None else template
        sentences(names[0], template=words)  # a template that will not do is found out before the teacher is loaded
        encoder = self._encoder(names, learned=template is None)
        _warn_of_alike(encoder, names if among is None else among, words)
        rows = list[Tensor]()
        for start in range(0, len(names), _AT_ONCE):
            texts = [sentences(name, template=words) for name in names[start : start + _AT_ONCE]]
            rows.append(self._encode(encoder, texts, learned=template is None))
            if progress:
                progress(start + len(texts), len(names))
        return torch.cat(rows)

    def _encoder(self, new: Sequence[str], *, learned: bool) -> Encoder:
        """The shipped text tower where there is one, which takes plain words only; else the teacher."""
        if learned or self._folder is None:
            return self._load(new)
        if self._tower is None and (place := tower_beside(self._folder, self.made.weights_hash)):
            self._tower = ShippedTextTower(place)
        return self._tower or self._load(new)

    def _encode(self, encoder: Encoder, texts: Sequence[Sequence[str]], *, learned: bool) -> Tensor:
        prompt = self._prompt if learned else None
        every = [text for several in texts for text in several]
        long = encoder.truncated(every, vectors=0 if prompt is None else len(prompt.context))
        if any(long):
            text = every[long.index(True)]
            raise InputError(
                f"class text '{text[:60]}...' is longer than the {encoder.context_length} tokens the teacher reads; "
                "its end would not count: shorten the name"
            )
        if prompt is None or isinstance(encoder, ShippedTextTower):
            return encode_classes(encoder, texts).float().cpu()
        rows: Tensor = prompt(encoder.prompted(every, len(prompt.context)))
        return rows.cpu()

    def _require_open(self, new: Sequence[str]) -> None:
        if self.made.template == "" and new:
            raise InputError(
                f"class '{new[0]}': the student was trained on a closed set of {len(self._rows)} classes and knows no "
                "other; choose among those of its bundle, or distil a student with another recipe"
            )

    def _load(self, new: Sequence[str]) -> Teacher:
        teacher_id = self.made.teacher
        beyond = ", which are not in the text bank," if self._banked else ""
        wanted = f"the texts of {len(new)} new classes ({some(new)}){beyond} need the teacher '{teacher_id}'"
        try:
            teacher = self._spec if isinstance(self._spec, Teacher) else load_teacher(self._spec)
        except (InputError, OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"{wanted}, which cannot be loaded from '{self._spec}': {error}. Say where it is, as in "
                "load(..., teacher='local-dir:PATH'), put its text tower beside the bundle (`clipling export --text`), "
                "or choose among the classes of the bundle in its own template"
            ) from error
        if teacher.weights_hash != self.made.weights_hash:
            raise InputError(
                f"{wanted}, but '{teacher.id}' has other weights (SHA-256 {teacher.weights_hash[:12]}, expected "
                f"{self.made.weights_hash[:12]}); its texts would lie in another space. Give the training's teacher"
            )
        return teacher


def _warn_of_alike(encoder: Encoder, names: Sequence[str], template: str) -> None:
    for same in alike((name, tuple(encoder.tokens(sentences(name, template=template)))) for name in names):
        message = f"the teacher cannot tell {some(same, 10)} apart: their texts are the same to it; use other words"
        warnings.warn(message, TextsAlike, stacklevel=2)


def _source_of(bundle: Bundle) -> TextSource:
    teacher, prompt = bundle.config.teacher, bundle.prompt
    if prompt is None:
        return TextSource(teacher["id"], teacher["weights_hash"], bundle.config.template)
    return TextSource(
        teacher["id"], teacher["weights_hash"], None, fingerprint({"context": prompt}, "the learned prompt")
    )
