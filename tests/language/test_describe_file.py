from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import read_jsonl
from clipling.language.describe_file import Origin, Rows, description_row, known_answers, write_descriptions
from clipling.language.describe_instructions import instruction_of
from clipling.language.journal import Answer

OURS = Origin("parrot", "Describe {name}.")
TEXTS = {"b": Answer("Blue.", "2023-07-06"), "a": Answer("Red.", "2023-07-07")}
PATH = Path("descriptions.jsonl")


def rows(origin: Origin) -> Rows:
    return {label: description_row(label, answer, origin) for label, answer in TEXTS.items()}


def test_written_descriptions_have_their_origin_and_come_back(tmp_path: Path):
    path = tmp_path / "descriptions.jsonl"
    write_descriptions(path, rows(OURS))
    row = {"class": "a", "text": "Red.", "model": "parrot", "prompt": "Describe {name}.", "date": "2023-07-07"}
    assert read_jsonl(path) == [row, rows(OURS)["b"]]
    assert known_answers(rows(OURS), path, OURS, overwrite=False) == TEXTS


@pytest.mark.parametrize("other", [Origin("owl", OURS.prompt), Origin("parrot", "Draw {name}.")])
def test_those_of_another_origin_are_refused_or_passed_over(other: Origin):
    with pytest.raises(InputError, match=f"by '{other.model}'.*--overwrite replaces them, --out FILE keeps both"):
        known_answers(rows(other), PATH, OURS, overwrite=False)
    assert known_answers(rows(other), PATH, OURS, overwrite=True) == {}
    assert other.journal(PATH) != OURS.journal(PATH)


def test_those_without_an_origin_are_not_ours():
    with pytest.raises(InputError, match="by 'None'"):
        known_answers({"a": {"class": "a", "text": "Red."}}, PATH, OURS, overwrite=False)


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
