"""What strangers wrote, as it may be shown."""

import pytest

from clipling.plain import visible, without_codes
from hostile import NAMES, SPOKEN, acting


@pytest.mark.parametrize("name", NAMES)
def test_what_acts_is_written_out_in_one_line(name: str) -> None:
    shown = visible(name)
    assert not acting(shown)
    assert len(shown.splitlines()) == 1
    assert visible(shown) == shown


@pytest.mark.parametrize("name", SPOKEN)
def test_what_means_no_harm_stays(name: str) -> None:
    assert visible(name) == name
    assert without_codes(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("\x9b1m", r"\x9b1m"),
        ("\u202eb", r"\u202eb"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\U000e0041"),
        ("\u2028", r"\u2028"),
    ],
)
def test_it_is_written_as_python_writes_it(name: str, shown: str) -> None:
    assert visible(name) == shown


def test_what_is_kept_stays() -> None:
    assert visible("a\n\x1bb", keep="\n") == "a\n\\x1bb"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("a \x1b[1;31mred\x1b[0m bird", "a red bird"),
        ("\x1b]0;title\x07a bird", "a bird"),
        ("\x1b]8;;https://example.invalid\x1b\\a bird\x1b]8;;\x1b\\", "a bird"),
        ("\x9b31ma bird\x9b0m", "a bird"),
        ("\x1bca bird", "a bird"),
        ("a\x00 b\x07i\x08r\x7fd", "a bird"),
        ("a\u202e bird\u202c", "a bird"),
        ("a bird\udc80", "a bird"),
        ("a\nbird\tsings", "a\nbird\tsings"),
        ("\ufeffa bird", "a bird"),
        ("\x1b]an unended title", ""),
    ],
)
def test_commands_to_a_terminal_are_taken_out_whole(said: str, left: str) -> None:
    assert without_codes(said) == left
