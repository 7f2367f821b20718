from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import read_jsonl, write_jsonl
from clipling.language.describe_file import Origin, read_known, write_descriptions
from clipling.language.describe_instructions import instruction_of
from clipling.language.journal import Answer

OURS = Origin("parrot", "Describe {name}.")
TEXTS = {"b": Answer("Blue.", "2023-07-06"), "a": Answer("Red.", "2023-07-07")}


def test_written_descriptions_have_their_origin_and_come_back(tmp_path: Path):
    path = tmp_path / "descriptions.jsonl"
    write_descriptions(path, TEXTS, OURS)
    row = {"class": "a", "text": "Red.", "model": "parrot", "prompt": "Describe {name}.", "date": "2023-07-07"}
    assert read_jsonl(path)[0] == row
    assert read_known(path, OURS, overwrite=False) == TEXTS
    assert read_known(tmp_path / "none", OURS, overwrite=False) == {}


@pytest.mark.parametrize("other", [Origin("owl", OURS.prompt), Origin("parrot", "Draw {name}.")])
def test_those_of_another_origin_are_refused_or_passed_over(other: Origin, tmp_path: Path):
    path = tmp_path / "descriptions.jsonl"
    write_descriptions(path, TEXTS, other)
    with pytest.raises(InputError, match=f"by '{other.model}'.*--overwrite replaces them, --out FILE keeps both"):
        read_known(path, OURS, overwrite=False)
    assert read_known(path, OURS, overwrite=True) == {}
    assert other.journal(path) != OURS.journal(path)


def test_those_without_an_origin_are_not_ours(tmp_path: Path):
    write_jsonl(tmp_path / "own.jsonl", [{"class": "a", "text": "Red."}])
    with pytest.raises(InputError, match="by 'None'"):
        read_known(tmp_path / "own.jsonl", OURS, overwrite=False)


def test_instructions_have_names_or_are_ones_own():
    asked = (
        "Use a single sentence to describe the appearance and shape of {name}. Only describe the shape and appearance."
    )
    assert instruction_of("paper") == asked
    named = {instruction_of(name) for name in ("paper", "succinct", "detailed", "distinct")}
    assert len(named) == 4
    assert all("{name}" in text for text in named)
    assert instruction_of("Draw {name}!") == "Draw {name}!"


@pytest.mark.parametrize(
    ("said", "told"), [("papr", "did you mean 'paper'"), ("Draw {it}", "not 'it'"), ("Draw it", "with {name} in it")]
)
def test_an_instruction_that_asks_for_nothing_is_refused(said: str, told: str):
    with pytest.raises(InputError, match=told):
        instruction_of(said)
