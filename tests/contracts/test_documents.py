"""JSON and YAML are read where they are plain, and refused with the reason where not."""

import json

import pytest
import yaml

from clipling.contracts.documents import DEEPEST, parse_json, parse_yaml
from damage import JSON, YAML

PLAIN = {"a": [1, -2.5, True, None, {"b": "text", "c": []}], "d": {}, "e": 2**70, "f": "2024-02-30", "g": 1e-05}


def test_plain_values_come_back() -> None:
    assert parse_json(json.dumps(PLAIN)) == PLAIN
    assert parse_yaml(yaml.safe_dump(PLAIN)) == PLAIN
    assert parse_yaml("a: 2024-02-29\nb: 2001-12-14t21:59:43\n") == {"a": "2024-02-29", "b": "2001-12-14t21:59:43"}
    assert parse_yaml("") is None


def test_nesting_ends_at_one_depth_for_both() -> None:
    for depth, reads in ((DEEPEST, True), (DEEPEST + 1, False), (400, False), (100_000, False)):
        for parse in (parse_json, parse_yaml) if depth < 1000 else (parse_json,):
            text = "[" * depth + "]" * depth
            if reads:
                assert json.dumps(parse(text)) == text
            else:
                with pytest.raises(ValueError, match=f"more than {DEEPEST} deep"):
                    parse(text)


REASONS = {
    "too deep to parse": "deep",
    "too deep to walk": "deep",
    "not a number": "nan where a finite number belongs",
    "more than a float holds": "inf where a finite number belongs",
    "thousands of digits": "digits",
    "hundreds of digits": "more than 300 digits",
    "a key twice": "the key 'a' comes more than once",
    "an anchor": "line 2: anchors and aliases",
    "a tag": "line 2: tags",
    "a date by its tag": "line 2: tags",
    "a key that is no text": "the key 1 is no text",
    "a key that is a list": "is no text",
    "two documents": "another document",
}


@pytest.mark.parametrize("damage", sorted(JSON.keys() & REASONS.keys()))
def test_json_that_is_not_plain(damage: str) -> None:
    with pytest.raises(ValueError, match=REASONS[damage]):
        parse_json(JSON[damage](b'{"a": 1}').decode())


@pytest.mark.parametrize("damage", sorted(YAML.keys() & REASONS.keys()))
def test_yaml_that_is_not_plain(damage: str) -> None:
    with pytest.raises(ValueError, match=REASONS[damage]):
        parse_yaml(YAML[damage](b"a: 1\n").decode())


@pytest.mark.parametrize(
    "text",
    [
        "a: *b",
        "&a {b: 1}",
        "- &a x\n- *a",
        "!!set {a}",
        "!mine 3",
        "a: !!int '3'",
        "<<: {a: 1}",
        "a: .inf",
        "{a",
        "\x00",
    ],
)
def test_more_yaml_that_is_not_plain(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_yaml(text)
