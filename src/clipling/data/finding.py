"""What a look at a data set found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """One thing found: how grave it is, what it is, how often, and a few examples."""

    severity: Literal["spoils", "note"]
    what: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class CheckReport:
    """All findings, the grave ones first, over so many images and classes."""

    images: int
    classes: int
    rows: tuple[Finding, ...]

    @property
    def spoiled(self) -> bool:
        """Whether anything found would spoil a run."""
        return any(row.severity == "spoils" for row in self.rows)


def finding(severity: Literal["spoils", "note"], what: str, examples: Sequence[str]) -> list[Finding]:
    """One finding with the first of its examples; none where there are no examples."""
    return [Finding(severity, what, len(examples), tuple(examples[:_EXAMPLES]))] if examples else []
