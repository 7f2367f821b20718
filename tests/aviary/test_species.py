from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from clipling.aviary.species import PARTS, SPECIES, TRAITS, Species, random_species
from clipling.contracts.errors import InputError

BIRD = Species(
    crown="scarlet",
    wing="rufous",
    belly="white",
    tail="black",
    bill="spoon",
    bill_colour="red",
    tail_shape="long",
    crest="crested",
    eye="dark",
    wing_pattern="barred",
    breast="banded",
    legs="short",
    told=("crest", "wing", "tail_shape"),
)
NAMES = [
    "violet-crowned needlebill",
    "banded azure-bellied golden-winged spoonbill",
    "ring-eyed emerald-winged sicklebill",
    "scarlet-winged golden-bellied needlebill",
]
HALVES = {half: [bird for bird in SPECIES if bird.seen == (half == "seen")] for half in ("seen", "unseen")}


def contradictions(named: Species, other: Species) -> int:
    return sum(named.trait(trait) != other.trait(trait) for trait in named.told)


def test_a_name_tells_the_told_traits_in_order():
    assert BIRD.name == "crested rufous-winged longtail"
    assert BIRD.key == "crested_rufous-winged_longtail"
    assert (
        replace(BIRD, told=("breast", "tail", "crown", "bill")).name == "banded black-tailed scarlet-crowned spoonbill"
    )


def test_a_description_tells_every_trait():
    assert BIRD.description == (
        "a bird with a crested scarlet crown, dark eyes, barred rufous wings, a banded white belly, a long black tail, "
        "a red spoon bill and short legs"
    )
    for trait, values in TRAITS.items():
        texts = {replace(BIRD, **{trait: value}, told=()).description for value in values}
        assert len(texts) == len(values), trait


def test_an_unknown_value_and_an_untellable_trait_are_refused():
    with pytest.raises(InputError, match=r"unknown crown of a bird 'scarlett': did you mean 'scarlet'"):
        replace(BIRD, crown="scarlett")
    with pytest.raises(InputError, match="no word for eye"):
        replace(BIRD, told=("eye", "wing", "bill"))


def test_there_are_100_seen_and_100_unseen_species_of_different_names_and_descriptions():
    assert {half: len(birds) for half, birds in HALVES.items()} == {"seen": 100, "unseen": 100}
    assert len({bird.key for bird in SPECIES}) == len({bird.description for bird in SPECIES}) == 200


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("trait", TRAITS)
def test_every_value_of_every_trait_occurs_in_both_halves(half: str, trait: str):
    counts = Counter(bird.trait(trait) for bird in HALVES[half])
    assert counts.keys() == set(TRAITS[trait])
    assert min(counts.values()) >= 5


@pytest.mark.parametrize("half", HALVES)
def test_a_name_is_false_of_every_other_species_of_its_half(half: str):
    birds = HALVES[half]
    assert min(contradictions(bird, other) for bird in birds for other in birds if other != bird) >= 1


def test_the_species_are_the_same_on_every_machine():
    assert [SPECIES[place].name for place in (0, 99, 100, 199)] == NAMES


def test_random_birds_are_reproducible_and_use_every_value():
    first, second = (
        [random_species(rng) for _ in range(300)] for rng in (np.random.default_rng(5), np.random.default_rng(5))
    )
    assert first == second
    for trait, values in TRAITS.items():
        assert {bird.trait(trait) for bird in first} == set(values)


def test_a_random_name_has_a_coloured_part_and_ends_in_a_noun():
    rng = np.random.default_rng(0)
    for bird in (random_species(rng) for _ in range(100)):
        assert bird.told[-1] in ("bill", "tail_shape")
        assert 1 <= sum(trait in PARTS for trait in bird.told) <= 2
        assert 2 <= len(bird.told) <= 4
