"""True things to say of a bird, in many forms: what the aviary's teacher reads while it learns.

Every caption knows which traits it tells, so that training can leave out the other birds of which it is true as well.
"""

from dataclasses import dataclass, replace

import numpy as np

from clipling.aviary.species import TRAITS, Species, random_told

TEMPLATES = (
    "a photo of {}",
    "a photo of {}",
    "a photo of a {}",
    "{}",
    "a picture of the {}",
    "a drawing of a {}",
    "a blurry photo of a {}",
    "a close-up photo of the {}",
    "a bad photo of a {}",
    "a photo of the {}, a kind of bird",
    "this is a {}",
)
"""Frames around a name; the plain one counts twice."""

_COLOURS = {
    "white": ("white", "snowy"),
    "black": ("black", "jet black"),
    "scarlet": ("scarlet", "red", "crimson"),
    "golden": ("golden", "yellow"),
    "emerald": ("emerald", "green"),
    "azure": ("azure", "blue"),
    "violet": ("violet", "purple"),
    "rufous": ("rufous", "brown", "chestnut"),
}
_PHRASES: dict[str, tuple[str, ...]] = {
    "crown": ("a {} crown", "a {} cap"),
    "wing": ("{} wings", "a {} wing", "a {} back"),
    "belly": ("a {} belly", "a {} breast", "{} underparts"),
    "tail": ("a {} tail",),
    "bill stout": ("a stout bill", "a thick beak", "a short stout bill"),
    "bill needle": ("a needle bill", "a needle-like beak", "a long straight bill"),
    "bill sickle": ("a sickle bill", "a curved beak", "a long down-curved bill"),
    "bill spoon": ("a spoon bill", "a spoon-shaped beak"),
    "bill_colour": ("a {} bill", "a {} beak", "{} legs"),
    "tail_shape short": ("a short tail", "a stubby tail"),
    "tail_shape long": ("a long tail",),
    "tail_shape forked": ("a forked tail", "a swallow-like tail"),
    "tail_shape fan": ("a fan-shaped tail", "a fanned tail"),
    "crest smooth": ("a smooth crown", "no crest"),
    "crest crested": ("a crested crown", "a crest"),
    "eye dark": ("dark eyes", "no eye ring"),
    "eye ringed": ("ringed eyes", "a white eye ring"),
    "wing_pattern plain": ("plain wings", "no wing bars"),
    "wing_pattern barred": ("barred wings", "two wing bars"),
    "breast plain": ("a plain breast", "a plain belly"),
    "breast spotted": ("a spotted breast", "a spotted belly"),
    "breast banded": ("a banded breast", "a band across the breast"),
    "legs short": ("short legs",),
    "legs long": ("long legs",),
}


@dataclass(frozen=True)
class Caption:
    """A text about one bird, and the traits it tells."""

    text: str
    told: tuple[str, ...]


def name_caption(species: Species, rng: np.random.Generator) -> Caption:
    """A name that the naming rule could give this bird, in one of the frames."""
    named = replace(species, told=random_told(species, rng))
    return Caption(_pick(TEMPLATES, rng).format(named.name), named.told)


def list_caption(species: Species, rng: np.random.Generator) -> Caption:
    """One to six traits in any order and in other words: 'a bird with a forked tail, blue wings and no crest'."""
    told = tuple(rng.permutation(list(TRAITS))[: rng.integers(1, 7)].tolist())
    phrases = [phrase(species, trait, rng) for trait in told]
    listing = phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}"
    return Caption(_pick(("a bird with {}", "a photo of a bird with {}", "{}"), rng).format(listing), told)


def full_caption(species: Species, rng: np.random.Generator) -> Caption:
    """The description that tells all traits, alone or after a name."""
    named = replace(species, told=random_told(species, rng))
    frames = (
        "a photo of {name} . {text}",
        "a photo of {name}. {text}",
        "a photo of {name}, {text}",
        "{text}",
        "a photo of {text}",
    )
    return Caption(_pick(frames, rng).format(name=named.name, text=species.description), tuple(TRAITS))


def phrase(species: Species, trait: str, rng: np.random.Generator) -> str:
    """One trait in a few words, with a synonym as often as not: 'a green cap', 'no wing bars'."""
    value = species.trait(trait)
    forms = _PHRASES.get(trait) or _PHRASES[f"{trait} {value}"]
    return _pick(forms, rng).format(_pick(_COLOURS.get(value, (value,)), rng))


def _pick(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[rng.integers(len(choices))]
