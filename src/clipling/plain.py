"""Text of strangers, such as class names, file names and a model's words, as a person may safely be shown it.

A character that acts on a terminal or a page without being seen is written out: line ends, escape codes, marks that
turn the direction of writing. The joiners that Persian, Hindi and emoji need stay.
"""

import re
import unicodedata

_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_CODES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d).*?(?:\x07|\x1b\\|\x9c|$)|\x1b[ -/]*[0-~]")
"""What terminals take for a command: colours and places of the cursor, titles and links, and the short ones."""


def visible(text: str, *, keep: str = "") -> str:
    r"""The text in one line, with what acts unseen written out: `\n`, `\x1b`, `\u202e`. Those in `keep` stay."""
    if text.isprintable():
        return text
    return "".join(_written_out(one) if acts(one) and one not in keep else one for one in text)


def acts(character: str) -> bool:
    """Whether a character acts rather than shows: a control or format character, half a surrogate, a line's end."""
    return unicodedata.category(character) in _ACTING and character not in _JOINERS


def without_codes(text: str) -> str:
    """The text without commands to a terminal and without any other character that acts, but for white space."""
    return "".join(one for one in _CODES.sub("", text) if one.isspace() or not acts(one))


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode()
