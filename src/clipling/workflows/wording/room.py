"""Room for a description: whether the text of a class is read to its end, by the teacher or by CLIP's own tokenizer."""

from clipling.contracts.errors import InputError
from clipling.language.describe_answers import Fits
from clipling.language.texts import sentences
from clipling.teacher.tokens import CLIP_CONTEXT, Truncated, clip_truncated
from clipling.teacher.tower import load_teacher
from clipling.workflows.console import say


def room_for(teacher: str | None, template: str, prompt: int) -> Fits:
    """Whether name and description fit, in the template and, bare, behind so many learned vectors.

    Raises InputError when the vectors leave room for no text at all.
    """
    truncated = load_teacher(teacher).truncated if teacher else _of_clip()
    if any(truncated(["a"], vectors=prompt)):
        raise InputError(f"prompt is {prompt}: so many vectors leave no room for a text; expected a few, such as 8")

    def fits(name: str, text: str) -> bool:
        cut = truncated(sentences(name, text, template=template))
        if prompt:
            cut += truncated(sentences(name, text, template="{}"), vectors=prompt)
        return not any(cut)

    return fits


def _of_clip() -> Truncated:
    say(
        f"no --teacher is given: texts have to fit the {CLIP_CONTEXT} tokens of CLIP's own tokenizer, "
        "but some teachers, such as SigLIP, read fewer"
    )
    return clip_truncated()
