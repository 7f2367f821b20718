import pytest

from clipling.contracts.names import alike, is_visible, nfc
from clipling.contracts.records import class_of

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (COMPOSED, DECOMPOSED),
        ("Ti\u1ebfng Vi\u1ec7t", "Tie\u0302\u0301ng Vie\u0323\u0302t"),
        ("\uac00", "\u1100\u1161"),
    ],
)
def test_two_spellings_of_a_name_are_one(one: str, other: str) -> None:
    assert one != other
    assert nfc(one) == nfc(other) == one
    assert class_of(f"deep/{other}/1.png") == one


@pytest.mark.parametrize("name", ["a", "\u9db4", "\u2602", "\U0001f600", "-", "\u200b1", "e\u0301"])
def test_what_can_be_seen(name: str) -> None:
    assert is_visible(name)


@pytest.mark.parametrize("name", ["", " ", "\x07", "\u200b", "\ufeff\u200d", "\u3164", "\u2800", "\ufe0f", "\u202e\t"])
def test_what_shows_nothing(name: str) -> None:
    assert not is_visible(name)


def test_names_of_equal_keys_are_grouped_in_their_order() -> None:
    assert alike([("C", 1), ("D", 2), ("C++", 1), ("E", 3), ("C#", 1), ("F", 3)]) == [("C", "C++", "C#"), ("E", "F")]
    assert alike([("C", 1), ("D", 2)]) == []
