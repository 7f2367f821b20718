"""Names as an ill-wisher would choose them, for whatever shows names, and what of them must not arrive."""

import unicodedata

NAMES = (
    "wren\nerror: everything was deleted",
    "wren\r\nspoils kite",
    "kite\rwren",
    "wren\x1b[31m in red",
    "\x1b[2J\x1b[Hcleared",
    "\x1b]0;a title of the window\x07",
    "\x1b]8;;https://example.invalid\x1b\\a link\x1b]8;;\x1b\\",
    "\x9b31m by a single byte",
    "\x90 device control \x9c",
    "bell\x07",
    "back\x08\x08\x08\x08space",
    "null\x00byte",
    "delete\x7f",
    "next\x85line",
    "line\u2028separator",
    "paragraph\u2029separator",
    "tab\tand\x0bvertical\x0cfeed",
    "\u202egnp.nerw",
    "\u202dleft to right\u202c",
    "\u2066isolated\u2069",
    "\u200emark\u200f",
    "zero\u200bwidth",
    "\ufeffbyte order mark",
    "soft\u00adhyphen",
    "tag\U000e0041\U000e0042s",
    "half a surrogate \udc9b",
    "\x1c\x1d\x1e\x1f separators",
)
SPOKEN = (
    "wren",
    "Zaunkönig",
    "ミソサザイ",
    "굴뚝새",
    "نمی‌دانم",  # a zero-width non-joiner, as Persian needs it
    "क्‍ष",  # a zero-width joiner, as Hindi needs it
    "👩‍🌾",
    "a b",
    "[red]wren[/red]",
    r"C:\birds",
)
"""Names that mean no harm and stay as they are."""


def acting(text: str) -> set[str]:
    """What in a text acts rather than shows, but for line ends of the lines that it consists of."""
    kinds = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return {one for one in text if unicodedata.category(one) in kinds and one not in "\n\u200c\u200d"}
