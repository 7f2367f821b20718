"""A teacher for a verb whose figures depend on its weights."""

import torch

from clipling.teacher.sources import is_untrained, require_architecture
from clipling.teacher.tower import Teacher, load_teacher
from clipling.workflows.console import say


def open_teacher(spec: str, *, device: str | torch.device = "cpu") -> Teacher:
    """The frozen teacher; says so where its weights are random."""
    say_untrained(spec)
    return load_teacher(spec, device=device)


def say_untrained(spec: str) -> None:
    """Say so where the teacher is an architecture alone, and which weights of it there are.

    Raises InputError for an architecture that open_clip does not know.
    """
    if not is_untrained(spec):
        return
    import open_clip

    require_architecture(spec)
    tags = open_clip.list_pretrained_tags_by_model(spec)
    known = f"; trained ones: {', '.join(f'{spec}/{tag}' for tag in tags)}" if tags else ""
    say(f"teacher {spec} has random weights: good for the time it takes, and for nothing else{known}")
