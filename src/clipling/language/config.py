"""What can be set about class texts; no torch here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clipling.contracts.conform import require_types
from clipling.contracts.errors import refuse_outside, require

Appended = Literal["none", "own", "shuffled", "random_words"]
"""Which sentence follows a class's name: none, its own description, or one of the two controls."""

_LONGEST_PROMPT = 1000  # no teacher's context is as long


@dataclass(frozen=True)
class TextConfig:
    """How a class becomes the text its student is trained and asked with."""

    template: str = "a photo of {}"
    """Text of a class, {} standing for its name; or a set of templates to average over: plain, paper, views."""
    descriptions: Appended = "none"
    """What follows it, as in "a photo of {name} . {description}": nothing, the class's own description, another class's
    (shuffled), or as many words drawn from all of them (random_words)."""
    descriptions_file: Path | None = None
    """In place of descriptions.jsonl in the data folder."""
    prompt: int = 0
    """Learn so many vectors in place of the template's words, together with the student (8 in the paper)."""
    closed: bool = False
    """Learn a vector for each seen class in place of any text: a cosine classifier, which knows no other class."""

    def __post_init__(self) -> None:
        require_types(self, "text")
        require(self.prompt >= 0, "text.prompt", self.prompt, "0 (none) or a number of vectors, such as 8")
        refuse_outside(**{"text.prompt": (self.prompt, 0, _LONGEST_PROMPT)})
