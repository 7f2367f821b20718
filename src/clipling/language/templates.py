"""Templates: the sentence around a class name. Sets of them are data, in `templates.json`.

The set "paper" is that of arXiv 2307.03135.
A template is a sentence with `{}` or `{name}` in it, nothing more: doubled braces stand for themselves.
"""

import json
from importlib.resources import files
from string import Formatter

from clipling.contracts.errors import InputError, unknown

DEFAULT_TEMPLATE = "a photo of {}"


def templates_of(template: str) -> tuple[str, ...]:
    """The templates a setting stands for: itself when it has a place for the name, else those of the set it names.

    Raises InputError for what is neither, with the nearest name of a set.
    """
    if "{" in template or "}" in template:
        return (template,)
    sets: dict[str, list[str]] = json.loads(files(__package__).joinpath("templates.json").read_text(encoding="utf-8"))
    if template not in sets:
        raise InputError(
            f"template '{template}': no place for the class name; put {{}} or {{name}} in it, or name a set of "
            f"templates ({unknown('set', template, sets)})"
        )
    return tuple(sets[template])


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
