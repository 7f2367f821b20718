"""Texts that look like descriptions and mean nothing for their class: what a gain must beat to be one of meaning.

Draws go by the SHA-256 of seed and class, so every machine draws the same.
"""

from collections.abc import Callable, Mapping
from random import Random

from clipling.contracts.errors import InputError
from clipling.files import hash_strings

Control = Callable[[Mapping[str, str], int], dict[str, str]]


def own(descriptions: Mapping[str, str], seed: int) -> dict[str, str]:
    """No control: each class its own description."""
    return dict(descriptions)


def shuffled(descriptions: Mapping[str, str], seed: int) -> dict[str, str]:
    """Each class another's description: true sentences about the wrong thing. No class keeps its own.

    The classes stand in a drawn circle, and each takes the description of the next. Raises InputError for one class.
    """
    if len(descriptions) == 1:
        raise InputError(
            f"descriptions cannot be shuffled: '{next(iter(descriptions))}' is the only class of its side of the "
            "split; divide the classes otherwise, or take random_words"
        )
    circle = sorted(descriptions, key=lambda label: hash_strings([str(seed), label]))
    following = dict(zip(circle, [*circle[1:], *circle[:1]], strict=True))
    return {label: descriptions[following[label]] for label in descriptions}


def random_words(descriptions: Mapping[str, str], seed: int) -> dict[str, str]:
    """Each class as many words as its description has, drawn from all of them as often as they occur there."""
    vocabulary = [word for label in sorted(descriptions) for word in descriptions[label].split()]
    return {
        label: " ".join(Random(f"{seed} {label}").choices(vocabulary, k=len(text.split())))
        for label, text in descriptions.items()
    }


CONTROLS: dict[str, Control] = {"own": own, "shuffled": shuffled, "random_words": random_words}
"""By their names in `TextConfig.descriptions`."""
