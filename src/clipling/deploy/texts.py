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
from clipling.language.texts import class_text
from clipling.teacher.tower import Teacher, load_teacher


class ClassTexts:
    """The text rows of a student: those of its bundle, and those its teacher was asked for since."""

    def __init__(self, bundle: Bundle, *, teacher: str | None = None) -> None:
        """teacher: where to load the teacher from, if not where the bundle says."""
        self._teacher_id: str = bundle.config.teacher["id"]
        self._weights_hash: str = bundle.config.teacher["weights_hash"]
        self._spec: str = teacher or bundle.config.teacher.get("spec", self._teacher_id)
        self._width = bundle.config.width
        self._rows = {
            (bundle.config.template, one.name): row for one, row in zip(bundle.classes, bundle.text, strict=True)
        }

    def rows(self, names: Sequence[str], template: str) -> Float[Tensor, "C D"]:
        """Unit rows of the names in that template, on the CPU. Raises InputError when a needed teacher is absent."""
        texts = {name: class_text(name, template=template) for name in names}
        if new := [name for name in names if (template, name) not in self._rows]:
            embedded = self._load(new).encode_text([texts[name] for name in new]).float().cpu()
            self._rows |= {(template, name): row for name, row in zip(new, embedded, strict=True)}
        return torch.stack([self._rows[template, name] for name in names])

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
