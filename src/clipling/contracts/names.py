"""Names as a person sees them: two spellings of one accented letter are one name, and a name has something to see."""

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable

_INVISIBLE = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"}
"""Unicode categories of what alone shows nothing: controls, zero-width characters, spaces, marks without a letter."""
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Fillers that Unicode counts among letters and symbols."""


def nfc(name: str) -> str:
    """The name with its accents composed (Unicode NFC): how names are compared, whatever a disk or a table holds."""
    return unicodedata.normalize("NFC", name)


def is_visible(name: str) -> bool:
    """Whether there is anything to see in a name."""
    return any(unicodedata.category(letter) not in _INVISIBLE and letter not in _BLANKS for letter in name)


def alike(keys: Iterable[tuple[str, Hashable]]) -> list[tuple[str, ...]]:
    """The groups of two names or more that have the same key."""
    groups = defaultdict[Hashable, list[str]](list)
    for name, key in keys:
        groups[key].append(name)
    return [tuple(names) for names in groups.values() if len(names) > 1]
