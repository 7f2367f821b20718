"""What can be set about class texts; no torch here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TextConfig:
    """How a class becomes the text its student is trained and asked with."""

    template: str = "a photo of {}"
    """Text of a class; {} stands for its name."""
    descriptions: bool = False
    """Append each class's sentence from descriptions.jsonl: "a photo of {name} . {description}"."""
