"""Templates: the sentence around a class name. Sets of them are data, in `templates.json`.

The set "paper" is that of arXiv 2307.03135.
A template is a sentence with `{}` or `{name}` in it, nothing more: doubled braces stand for themselves.
"""

import json
from importlib.resources import files
from string import Formatter

from clipling.contracts.errors import InputError, unknown

DEFAULT_TEMPLATE = "a photo of {}"


def named_templates(name: str) -> tuple[str, ...]:
    """The templates of a named set. Raises InputError for an unknown name, with the nearest one."""
    sets: dict[str, list[str]] = json.loads(files(__package__).joinpath("templates.json").read_text(encoding="utf-8"))
    if name not in sets:
        raise unknown("set of templates", name, sets)
    return tuple(sets[name])


def filled(template: str, name: str) -> str:
    """The template with the class name in its place, as it is: braces in the name mean nothing.

    Raises InputError when the template has no place for it, or a place for other things.
    """
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise InputError(f"template {template!r}: {error}; write {{{{ and }}}} for braces that are meant") from None
    fields = [(field, spec, conversion) for _, field, spec, conversion in parts if field is not None]
    for field, spec, conversion in fields:
        if field not in ("", "name") or spec or conversion:
            raise InputError(f"template {template!r}: only {{}} or {{name}} may stand in it, not '{field}'")
    if not fields:
        raise InputError(f"template {template!r}: no place for the class name; put {{}} or {{name}} in it")
    return "".join(literal + (name if field is not None else "") for literal, field, _, _ in parts)
