"""The one error that is the user's to mend: the command line prints it without a traceback and exits with 2."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from math import inf
from numbers import Integral, Real
from typing import Any


class InputError(Exception):
    """Something given cannot be used.

    The message names the file, field or value, says what was expected, and how to mend it. `lines` follow it where
    there is a list to tell: a name with a line end in it is no further line.
    """

    def __init__(self, *message: object, lines: Sequence[str] = ()) -> None:
        super().__init__(*message)
        self.lines = tuple(lines)

    def head(self) -> str:
        """The message without its list."""
        return super().__str__()

    def __str__(self) -> str:
        return "\n".join([self.head(), *self.lines])


class TextsAlike(UserWarning):
    """Names of classes that the teacher reads as the same text, so that no image is told apart by them."""


def require(holds: bool, name: str, value: object, expected: str) -> None:
    """Raise InputError, naming the value and what was expected, unless it holds."""
    if not holds:
        raise InputError(f"{name} is {value}; expected {expected}")


def refuse_outside(**values: tuple[Any, float, float]) -> None:
    """Raise InputError for a value below its least or above its most; None, which stands for a default, passes.

    Where the least is a whole number, so must the value be.
    """
    for name, (value, least, most) in values.items():
        if value is None:
            continue
        kind, expected = (Integral, "a whole number") if isinstance(least, int) else (Real, "a number")
        require(isinstance(value, kind) and not isinstance(value, bool), name, value, expected)
        require(value >= least, name, value, f"at least {least}")
        require(value <= most, name, value, f"at most {most}")


def refuse_below(**values: tuple[Any, float]) -> None:
    """`refuse_outside` without a most."""
    refuse_outside(**{name: (value, least, inf) for name, (value, least) in values.items()})


def some(names: Collection[str], limit: int = 3) -> str:
    """A few of the names for a message, and how many more there are."""
    shown = ", ".join(f"'{name}'" for name in list(names)[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def unknown(what: str, given: str, valid: Iterable[str], *, elsewhere: Mapping[str, str] | None = None) -> InputError:
    """An InputError for a name that is none of the valid ones, with the nearest of them.

    elsewhere: other names that some of the valid ones are known by.
    """
    names = list(valid)
    lowered = {**(elsewhere or {}), **{name.lower(): name for name in names}}
    close = get_close_matches(given.lower(), lowered, n=1, cutoff=0.5)
    hint = f"did you mean '{lowered[close[0]]}'?" if close else ""
    listing = f"valid are: {', '.join(names)}" if len(names) <= 40 else f"there are {len(names)} valid names"
    return InputError(f"unknown {what} '{given}': {hint} {listing}".replace("  ", " ").rstrip())
