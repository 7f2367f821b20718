"""Values held against type hints: what a file, a command line or a caller in Python gave, and what was meant.

One place says what a whole number, a text or a group of settings is, whoever gives it.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from reprlib import Repr
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from clipling.contracts.errors import InputError, unknown

T = TypeVar("T")
_short = Repr()
_short.maxstring = _short.maxother = 80


def conform(hint: Any, value: Any, name: str) -> Any:
    """`value` as the type `hint` has it: plain values as JSON knows them become tuples, paths and dataclasses.

    Raises InputError, naming `name`, the value and what was expected, for a value of another type.
    """
    kind = get_origin(hint) or hint
    if kind is Any:
        return value
    if is_dataclass(kind):
        return value if isinstance(value, kind) else from_values(kind, value, name)  # type: ignore[arg-type]
    if kind in _READERS:
        return _READERS[kind](get_args(hint), value, name)
    expected, kinds = _KINDS[kind]
    if not isinstance(value, kinds) or (isinstance(value, bool) and kind is not bool):
        raise _other(name, value, expected)
    try:
        return value if isinstance(value, kind) else kind(value)
    except OverflowError:
        raise _other(name, value, expected) from None


def from_values(kind: type[T], values: Any, name: str = "", *, extra: bool = False) -> T:
    """The dataclass `kind` of an object with its fields. extra: whether there may be others, which are passed over.

    Raises InputError, naming the field, for one that is missing, unknown, or of another type.
    """
    if not isinstance(values, Mapping):
        raise _other(name or "the content", values, "an object, or group, of named values")
    hints, place = _hints(kind), f"{name}." if name else ""  # type: ignore[arg-type]  # a class is hashable
    if not extra and (odd := [str(key) for key in values if key not in hints]):
        raise unknown(f"setting in {name}" if name else "setting", odd[0], hints)
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise InputError(f"{place}{field.name} is missing")
    return kind(**{key: conform(hint, values[key], place + key) for key, hint in hints.items() if key in values})


def require_types(of: Any, name: str = "") -> None:
    """Raise InputError for a field of a dataclass, called `name` in messages, that is not what its hint says."""
    for field, hint in _hints(type(of)).items():  # type: ignore[arg-type]
        conform(hint, getattr(of, field), f"{name}.{field}" if name else field)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}  # type: ignore[arg-type]


def _other(name: str, value: Any, expected: str) -> InputError:
    return InputError(f"{name} is {_short.repr(value)}; expected {expected}")


def _union(kinds: tuple[Any, ...], value: Any, name: str) -> Any:
    if value is None and NoneType in kinds:
        return None
    *others, last = [kind for kind in kinds if kind is not NoneType]
    for kind in others:
        try:
            return conform(kind, value, name)
        except InputError:
            continue
    return conform(last, value, name)


def _literal(words: tuple[Any, ...], value: Any, name: str) -> Any:
    if not any(value == word and type(value) is type(word) for word in words):
        raise _other(name, value, "one of " + ", ".join(map(str, words)))
    return value


def _tuple(kinds: tuple[Any, ...], value: Any, name: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _other(name, value, "a list")
    each = kinds[:1] * len(value) if kinds[1:] == (...,) else kinds
    if len(each) != len(value):
        raise _other(name, value, f"{len(each)} values")
    return tuple(conform(kind, item, name) for kind, item in zip(each, value, strict=True))


def _list(kinds: tuple[Any, ...], value: Any, name: str) -> list[Any]:
    return [*_tuple((*kinds, ...), value, name)]


def _dict(kinds: tuple[Any, ...], value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _other(name, value, "an object, or group, of named values")
    return {key: conform(kinds[1], inner, f"{name}.{key}") for key, inner in value.items()}


_READERS: dict[Any, Callable[[tuple[Any, ...], Any, str], Any]] = {
    Union: _union,
    UnionType: _union,
    Literal: _literal,
    tuple: _tuple,
    list: _list,
    dict: _dict,
}
_KINDS: dict[Any, tuple[str, tuple[type, ...]]] = {
    bool: ("true or false", (bool,)),
    int: ("a whole number", (Integral,)),
    float: ("a number", (Real,)),
    str: ("a text", (str,)),
    Path: ("a path", (Path, str)),
}
