"""Reading one field of a result file: what is wrong names the file, the field, the value and what was expected."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clipling.contracts.errors import InputError

_MEND = "the file was changed or is damaged; restore it, or make the run again"


def mapping(path: Path, field: str, value: Any) -> dict[str, Any]:
    """`value` as a mapping with text keys; nothing (None) is an empty one. Raises InputError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError(f"{path}: '{field}' is {value!r}, expected a mapping; {_MEND}")
    return {str(key): item for key, item in value.items()}


def items(path: Path, field: str, value: Any) -> list[Any]:
    """`value` as a list; nothing (None) is an empty one. Raises InputError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputError(f"{path}: '{field}' is {value!r}, expected a list; {_MEND}")
    return value


def text(path: Path, field: str, value: Any) -> str:
    """`value` as a non-empty text. Raises InputError for anything else."""
    if not isinstance(value, str) or not value:
        raise InputError(f"{path}: '{field}' is {value!r}, expected a text; {_MEND}")
    return value


def number(path: Path, field: str, value: Any, *, at_least: float = 0, at_most: float = math.inf) -> float:
    """`value` as a finite number in [at_least, at_most]. Raises InputError for anything else."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not usable or not at_least <= value <= at_most:
        expected = f"a number between {at_least:g} and {at_most:g}"
        if math.isinf(at_most):
            expected = "a finite number" if math.isinf(at_least) else f"a number of at least {at_least:g}"
        raise InputError(f"{path}: '{field}' is {value!r}, expected {expected}; {_MEND}")
    return float(value)


def numbers(path: Path, field: str, value: Any, *, at_least: float = 0, at_most: float = math.inf) -> dict[str, float]:
    """A mapping of numbers, nested ones flattened: `{"ood_few_shot": {"5": 0.4}}` becomes `{"ood_few_shot/5": 0.4}`.

    Entries that are None were not measured and are left out. Raises InputError as `number` does.
    """
    flat: dict[str, float] = {}
    for key, item in mapping(path, field, value).items():
        if isinstance(item, Mapping):
            inner = numbers(path, f"{field}.{key}", item, at_least=at_least, at_most=at_most)
            flat.update({f"{key}/{name}": found for name, found in inner.items()})
        elif item is not None:
            flat[key] = number(path, f"{field}.{key}", item, at_least=at_least, at_most=at_most)
    return flat
