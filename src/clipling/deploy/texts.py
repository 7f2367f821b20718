"""Rows for class names: from the bundle while it has them, else from its teacher, which is loaded only then.

The teacher is let go again after use (a robot has little memory); the rows it gave are kept.

Shapes: C classes, D embedding width.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.deploy.bundle import Bundle
from clipling.language.classes import encode_classes
from clipling.language.prompts import LearnedPrompt
from clipling.language.texts import sentences
from clipling.teacher.tower import Teacher, load_teacher


class ClassTexts:
    """The text rows of a student: those of its bundle, and those its teacher was asked for since."""

    def __init__(self, bundle: Bundle, *, teacher: str | None = None) -> None:
        """teacher: where to load the teacher from, if not where the bundle says."""
        self._teacher_id: str = bundle.config.teacher["id"]
        self._weights_hash: str = bundle.config.teacher["weights_hash"]
        self._spec: str = teacher or bundle.config.teacher.get("spec", self._teacher_id)
        self._width = bundle.config.width
        self._prompt = None if bundle.prompt is None else LearnedPrompt(bundle.prompt)
        self._trained = bundle.config.template if bundle.prompt is None else None
        self._rows: dict[tuple[str | None, str], Tensor] = {
            (self._trained, one.name): row for one, row in zip(bundle.classes, bundle.text, strict=True)
        }

    def rows(self, names: Sequence[str], template: str | None) -> Float[Tensor, "C D"]:
        """Unit rows of the names in that template, or set of templates, on the CPU; None means as in training.

        That is the training's template, or its learned prompt. Raises InputError when a needed teacher is absent.
        """
        template = self._trained if template is None else template
        texts = {name: sentences(name, template=template or "{}") for name in names}
        if new := [name for name in names if (template, name) not in self._rows]:
            embedded = self._encode(self._load(new), [texts[name] for name in new], learned=template is None)
            self._rows |= {(template, name): row for name, row in zip(new, embedded, strict=True)}
        return torch.stack([self._rows[template, name] for name in names])

    @torch.no_grad()
    def _encode(self, teacher: Teacher, texts: Sequence[Sequence[str]], *, learned: bool) -> Tensor:
        if learned and self._prompt is not None:
            rows: Tensor = self._prompt(teacher.prompted([only for (only,) in texts], len(self._prompt.context)))
            return rows.cpu()
        return encode_classes(teacher, texts).float().cpu()

    def _load(self, new: Sequence[str]) -> Teacher:
        wanted = f"the texts of {len(new)} new classes ('{new[0]}', ...) need the teacher '{self._teacher_id}'"
        try:
            teacher = load_teacher(self._spec)
        except (InputError, OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"{wanted}, which cannot be loaded from '{self._spec}': {error}. Say where it is, as in "
                "load(..., teacher='local-dir:PATH'), or choose among the classes of the bundle in its own template"
            ) from error
        if teacher.weights_hash != self._weights_hash:
            raise InputError(
                f"{wanted}, but '{self._spec}' has other weights (SHA-256 {teacher.weights_hash[:12]}, expected "
                f"{self._weights_hash[:12]}); its texts would lie in another space. Give the teacher of the training"
            )
        return teacher
