"""One value or several, as Python may give them where the command line reads a list."""

from collections.abc import Iterable
from os import PathLike
from typing import Any, TypeVar

T = TypeVar("T")


def listed(given: Iterable[T] | PathLike[str] | int) -> list[T]:
    """What was given, one by one: a string is not its letters, and a path or a number alone is one of it."""
    alone: Any = given
    return [alone] if isinstance(given, str | PathLike | int) else list(given)
