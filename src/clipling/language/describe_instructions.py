"""What a language model is asked about a class: instructions by name, with their sources, in `instructions.json`."""

import json
from importlib.resources import files

from clipling.contracts.errors import InputError, unknown
from clipling.language.templates import filled


def instruction_of(said: str) -> str:
    """The instruction of that name, or `said` itself when it has a place for the class name, as {name}.

    Raises InputError for what is neither, with the nearest name.
    """
    if "{" in said or "}" in said:
        filled(said, "a class")
        return said
    known: dict[str, dict[str, str]] = json.loads(
        files(__package__).joinpath("instructions.json").read_text(encoding="utf-8")
    )
    if said not in known:
        raise InputError(f"instruction: {unknown('instruction', said, known)}; or one of your own with {{name}} in it")
    return known[said]["text"]
