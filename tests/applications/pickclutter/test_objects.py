import pytest

from clipling.applications.pickclutter.clutter import Clutter, identities
from clipling.applications.pickclutter.objects import OBJECTS, SEEN, UNSEEN, spoken_name
from clipling.contracts.errors import InputError


def test_fourteen_objects_are_seen_and_twelve_others_are_not() -> None:
    assert (len(SEEN), len(UNSEEN), len(OBJECTS)) == (14, 12, 26)
    assert {name for name, thing in OBJECTS.items() if thing.seen} == set(SEEN)
    assert OBJECTS["077_rubiks_cube"].name == "rubiks cube"


def test_each_description_is_its_own_and_none_gives_the_name_away() -> None:
    assert len({thing.description for thing in OBJECTS.values()}) == 26
    told = [thing.name for thing in OBJECTS.values() if thing.name in thing.description]
    assert told == ["orange"]  # which is its colour


def test_a_name_without_a_number_keeps_its_words() -> None:
    assert spoken_name("red_mug") == "red mug"
    assert spoken_name("043_phillips_screwdriver") == "phillips screwdriver"


def test_objects_are_asked_for_by_group_by_name_or_by_identity() -> None:
    assert identities(["seen"]) == tuple(sorted(SEEN))
    assert identities(["banana", "011_banana", "dice"]) == ("011_banana", "062_dice")
    assert len(identities(["seen", "unseen"])) == 26
    with pytest.raises(InputError, match="unknown object 'bananna': did you mean 'banana'"):
        identities(["bananna"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"fewest": 0}, "fewest is 0; expected at least 1"),
        ({"fewest": 5, "most": 4}, "most is 4; expected at least 5"),
        ({"objects": SEEN[:2]}, "most is 7, of 2 objects"),
        ({"visible": 0}, "visible is 0"),
        ({"pixels": 8}, "pixels is 8; expected at least 32"),
    ],
)
def test_clutter_that_cannot_be_is_refused(options: dict[str, int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Clutter(**options)  # type: ignore[arg-type]
