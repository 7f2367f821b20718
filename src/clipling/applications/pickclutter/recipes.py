"""The four methods of Table 12, each by what it changes; no torch here."""

from dataclasses import dataclass

from clipling.contracts.errors import unknown


@dataclass(frozen=True)
class Method:
    """What a student is taught with, besides which objects are there."""

    im_cst: float = 0.0
    """Weight of the contrast with the teacher's features of the hand camera's pictures."""
    descriptions: bool = False
    """Whether an object's text goes on with what it looks like."""
    closed: bool = False
    """Learn a pair of vectors for each object in place of any text; it knows no other object."""


METHODS = {
    "closed_set": Method(closed=True),
    "cls": Method(),
    "cls+im_cst": Method(im_cst=1.0),
    "cls+im_cst+semantics": Method(im_cst=1.0, descriptions=True),
}
"""By name, in the order of the table's rows."""


def get_method(name: str) -> Method:
    """The method of that name. Raises InputError with the nearest."""
    if name not in METHODS:
        raise unknown("recipe", name, METHODS)
    return METHODS[name]
