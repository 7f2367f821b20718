"""Whether an answer is what was asked for: one sentence about the right class that the teacher can read to its end.

What is wrong is said in words for the model itself, so that it can answer again.
"""

import re
from collections.abc import Callable, Mapping

from clipling.plain import visible, without_codes

_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_SENTENCE_ENDS = re.compile(r"""[.!?]["')\]]*\s+(?=["'(\[]*[A-Z])""")
_SENTENCES, _WORDS = 2, 3

Fits = Callable[[str, str], bool]
"""Whether the text composed of a class's name and this description is within the teacher's context."""


def tidy(answer: str) -> str:
    """The answer without what models put around it: thoughts, quotation marks, stars, line breaks, terminal codes."""
    return " ".join(without_codes(_THOUGHTS.sub("", answer)).split()).strip("\"'`*_ \u201c\u201d")


class AnswerCheck:
    """Judges answers about the classes of one data set."""

    def __init__(self, names: Mapping[str, str], fits: Fits | None = None) -> None:
        """names: from class to name. fits: left out where no teacher is given."""
        self._names = names
        self._fits = fits
        self._variants = {label: _variants(name) for label, name in names.items()}

    def complaint(self, label: str, text: str, *, whole: bool = True) -> str | None:
        """What is wrong with the tidied answer about a class, or None. whole: it was not cut off before its end."""
        name, count = self._names[label], len(text.split())
        if not whole:
            return f"That was cut off before its end. Describe {name} in one sentence of fewer words."
        if not text:
            return f"Your answer was empty. Describe {name} in one sentence."
        if text != without_codes(text):
            return f"'{visible(text)}' has characters that cannot be seen. Describe {name} in plain text."
        if count < _WORDS:
            return f"'{text}' is no sentence. Describe {name} in one sentence."
        if other := self._another_class(label, text):
            return f"That is about {other}. Describe {name}, and name it in the sentence."
        if len(_SENTENCE_ENDS.findall(text)) >= _SENTENCES:
            return "That is too much. Answer with one sentence and nothing else."
        if self._fits and not self._fits(name, text):
            return f"That is too long. Say it again in one sentence of at most {max(_WORDS, count * 2 // 3)} words."
        return None

    def _another_class(self, label: str, text: str) -> str | None:
        """The name of another class that stands in the text, unless a word that tells its own name from it does too.

        A part of the class's own name ("cat", of "tabby cat") is no other class.
        """
        words = _words(text)
        own, there, padded = set(_words(self._names[label])), set(words), f" {' '.join(words)} "
        for other, variants in self._variants.items():
            for variant in variants:
                named = f" {' '.join(variant)} " in padded and not set(variant) <= own
                if named and not (own - set(variant)) & there:
                    return self._names[other]
        return None


def _variants(name: str) -> list[list[str]]:
    """The names in a list of synonyms ("tench, Tinca tinca"), in words."""
    return [words for part in re.split(r"[,;/()]", name) if (words := _words(part))]


def _words(text: str) -> list[str]:
    return [_singular(word) for word in re.findall(r"[^\W_]+", text.casefold())]


def _singular(word: str) -> str:
    """Roughly: enough to find 'daisy' in 'daisies', as both sides are treated alike."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
