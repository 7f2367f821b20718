import pytest

from clipling.contracts.errors import InputError
from clipling.language.config import TextConfig
from clipling.language.controls import CONTROLS, own, random_words, shuffled

TRUE = {f"n{number}": f"Word{number} is " + " ".join(["very"] * number) + " long." for number in range(9)}


def test_the_names_are_those_that_can_be_set():
    assert TextConfig().descriptions == "none"
    assert set(CONTROLS) == {"own", "shuffled", "random_words"}
    assert own(TRUE, 0) == TRUE


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_no_class_keeps_its_own_and_none_is_lost(seed):
    said = shuffled(TRUE, seed)
    assert list(said) == list(TRUE)
    assert all(said[label] != TRUE[label] for label in TRUE)
    assert sorted(said.values()) == sorted(TRUE.values())


def test_random_words_are_as_many_and_from_the_descriptions():
    said = random_words(TRUE, 0)
    vocabulary = {word for text in TRUE.values() for word in text.split()}
    assert [len(text.split()) for text in said.values()] == [len(text.split()) for text in TRUE.values()]
    assert {word for text in said.values() for word in text.split()} <= vocabulary
    assert sum(said[label] == TRUE[label] for label in TRUE) == 0


@pytest.mark.parametrize("control", [shuffled, random_words])
def test_the_seed_decides_and_the_order_of_classes_does_not(control):
    assert control(TRUE, 3) == control(dict(reversed(TRUE.items())), 3)
    assert control(TRUE, 3) != control(TRUE, 4)


def test_a_draw_is_the_same_on_every_machine():
    few = {label: TRUE[label] for label in ("n0", "n1", "n2")}
    assert shuffled(few, 0) == {"n0": few["n2"], "n1": few["n0"], "n2": few["n1"]}
    assert random_words({"a": "one two", "b": "three"}, 0) == {"a": "two three", "b": "three"}


def test_a_class_alone_cannot_be_shuffled_but_no_class_can():
    assert shuffled({}, 0) == {}
    with pytest.raises(InputError, match="'n1' is the only class of its side"):
        shuffled({"n1": "Alone."}, 0)
