"""The vocabulary of imaginary birds: twelve visible traits, and the words a name or a description uses for them.

A species is one combination of traits. Its name tells some of them (the `told` traits), its description tells all.
The same rule names the species of the data set and every random bird that the teacher learns from.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from clipling.contracts.errors import InputError, unknown

COLOURS = ("white", "black", "scarlet", "golden", "emerald", "azure", "violet", "rufous")

TRAITS: dict[str, tuple[str, ...]] = {
    "crown": COLOURS,
    "wing": COLOURS,
    "belly": COLOURS,
    "tail": COLOURS,
    "bill": ("stout", "needle", "sickle", "spoon"),
    "bill_colour": ("black", "yellow", "red"),
    "tail_shape": ("short", "long", "forked", "fan"),
    "crest": ("smooth", "crested"),
    "eye": ("dark", "ringed"),
    "wing_pattern": ("plain", "barred"),
    "breast": ("plain", "spotted", "banded"),
    "legs": ("short", "long"),
}
"""Every trait with its values. The bill and the legs share `bill_colour`."""

PARTS = {"crown": "crowned", "wing": "winged", "belly": "bellied", "tail": "tailed"}
"""The four coloured parts, and how a name speaks of them."""

ADJECTIVES = {
    ("crest", "crested"): "crested",
    ("eye", "ringed"): "ring-eyed",
    ("wing_pattern", "barred"): "barred",
    ("breast", "spotted"): "spotted",
    ("breast", "banded"): "banded",
    ("legs", "long"): "long-legged",
}
"""The traits that a name may open with."""

NOUNS = {
    ("bill", "stout"): "grosbeak",
    ("bill", "needle"): "needlebill",
    ("bill", "sickle"): "sicklebill",
    ("bill", "spoon"): "spoonbill",
    ("tail_shape", "short"): "stubtail",
    ("tail_shape", "long"): "longtail",
    ("tail_shape", "forked"): "forktail",
    ("tail_shape", "fan"): "fantail",
}
"""The traits that a name may end with."""


@dataclass(frozen=True)
class Species:
    """One kind of bird. The fields of TRAITS hold one of their values; `told` lists those the name tells, in order.

    `seen` is True when the fixed split trains on this species; it means nothing for a random bird.
    """

    crown: str
    wing: str
    belly: str
    tail: str
    bill: str
    bill_colour: str
    tail_shape: str
    crest: str
    eye: str
    wing_pattern: str
    breast: str
    legs: str
    told: tuple[str, ...]
    seen: bool = False

    def __post_init__(self) -> None:
        for trait, values in TRAITS.items():
            if self.trait(trait) not in values:
                raise unknown(f"{trait} of a bird", self.trait(trait), values)
        for trait in self.told:
            if trait not in PARTS and (trait, self.trait(trait)) not in ADJECTIVES | NOUNS:
                raise InputError(f"told: a name has no word for {trait}; choose a colour, an adjective or a noun trait")

    def trait(self, name: str) -> str:
        """The value of one trait, by its name in TRAITS."""
        return str(getattr(self, name))

    @cached_property
    def name(self) -> str:
        """The common name, such as 'crested rufous-winged longtail'."""
        return " ".join(_word(trait, self.trait(trait)) for trait in self.told)

    @property
    def key(self) -> str:
        """The name of the folder that holds this species."""
        return self.name.replace(" ", "_")

    @property
    def description(self) -> str:
        """One sentence that tells all twelve traits."""
        tail = "fan-shaped" if self.tail_shape == "fan" else self.tail_shape
        return (
            f"a bird with a {self.crest} {self.crown} crown, {self.eye} eyes, {self.wing_pattern} {self.wing} wings, "
            f"a {self.breast} {self.belly} belly, a {tail} {self.tail} tail, "
            f"a {self.bill_colour} {self.bill} bill and {self.legs} legs"
        )


def _word(trait: str, value: str) -> str:
    if trait in PARTS:
        return f"{value}-{PARTS[trait]}"
    return (ADJECTIVES | NOUNS)[trait, value]


def random_species(rng: np.random.Generator) -> Species:
    """A bird of any combination of traits, each value equally likely, with a random choice of told traits."""
    values = {trait: choices[rng.integers(len(choices))] for trait, choices in TRAITS.items()}
    bird = Species(**values, told=(), seen=False)
    return replace(bird, told=random_told(bird, rng))


def random_told(species: Species, rng: np.random.Generator) -> tuple[str, ...]:
    """Traits for a name of this bird: at most one that opens it, one or two coloured parts, one that ends it."""
    openings = [trait for trait, value in ADJECTIVES if species.trait(trait) == value]
    opening = [openings[rng.integers(len(openings))]] if openings and rng.random() < 0.6 else []
    colours = [tuple(PARTS)[part] for part in rng.permutation(len(PARTS))[: rng.integers(1, 3)]]
    return (*opening, *colours, "bill" if rng.random() < 0.5 else "tail_shape")


def _draw_half(rng: np.random.Generator, seen: bool, taken: set[str]) -> Iterator[Species]:
    """Random birds until there are enough: no name is true of another bird of the half, and bellies stand out."""
    half: list[Species] = []
    while len(half) < IN_EACH_HALF:
        bird = replace(random_species(rng), seen=seen)
        stands_out = bird.belly not in (bird.crown, bird.wing)
        if stands_out and bird.name not in taken and not any(fits(bird, one) or fits(one, bird) for one in half):
            half.append(bird)
            taken.add(bird.name)
            yield bird


def fits(name_of: Species, other: Species) -> bool:
    """Whether everything that the name of one bird tells is true of the other."""
    return all(name_of.trait(trait) == other.trait(trait) for trait in name_of.told)


def _draw_species() -> tuple[Species, ...]:
    rng, taken = np.random.default_rng(0), set[str]()
    return tuple(bird for seen in (True, False) for bird in _draw_half(rng, seen, taken))


IN_EACH_HALF = 100
SPECIES: tuple[Species, ...] = _draw_species()
"""The species of the data set, the seen half first: random birds, the same ones in every data set."""
