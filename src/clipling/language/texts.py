"""The text that stands for a class: its name in a template, and a description where there is one.

The joint " . " between the two is that of arXiv 2307.03135.
"""

from collections.abc import Mapping, Sequence

from clipling.contracts.errors import InputError, some
from clipling.contracts.names import is_visible
from clipling.language.templates import DEFAULT_TEMPLATE, filled, templates_of


def class_text(name: str, description: str | None = None, *, template: str = DEFAULT_TEMPLATE) -> str:
    """The class as a sentence: "a photo of {name}", or "a photo of {name} . {description}".

    Raises InputError for an empty name or description, and for a template without a place for the name.
    """
    if not is_visible(name):
        raise InputError(f"a class has the empty name {name!a}; give it one in classes.csv")
    text = filled(template, name.strip())
    if description is None:
        return text
    if not is_visible(description):
        raise InputError(f"the description of '{name}' is empty; write one, or use none at all")
    return f"{text} . {description.strip()}"


def sentences(name: str, description: str | None = None, *, template: str = DEFAULT_TEMPLATE) -> tuple[str, ...]:
    """The texts of one class: one in a single template, several when `template` names a set of them."""
    return tuple(class_text(name, description, template=one) for one in templates_of(template))


def class_texts(
    classes: Sequence[str],
    names: Mapping[str, str],
    descriptions: Mapping[str, str] | None = None,
    *,
    template: str = DEFAULT_TEMPLATE,
) -> list[tuple[str, ...]]:
    """The texts of each class, in the order of `classes`; `names` and `descriptions` go from class to text.

    `template` is one, or the name of a set. Every class is treated alike: with `descriptions`, a class that has none is
    an InputError that names it, for mixed texts favour one kind of class over the other.
    """
    _require(classes, names, "name", "classes.csv")
    if descriptions is not None:
        _require(classes, descriptions, "description", "descriptions.jsonl")
    return [
        sentences(names[item], None if descriptions is None else descriptions[item], template=template)
        for item in classes
    ]


def _require(classes: Sequence[str], texts: Mapping[str, str], what: str, file: str) -> None:
    absent = [item for item in classes if item not in texts]
    if absent:
        raise InputError(f"{len(absent)} classes have no {what}: {some(absent)}; add them to {file}")
