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


PRINTED = {
    "paper": "Use a single sentence to describe the appearance and shape of {cls}. "
    "Only describe the shape and appearance.",
    "succinct": "Use a single sentence to broadly describe the appearance and shape of {cls}. "
    "Don't give too much details. Only describe the shape and appearance.",
    "detailed": "Use a single sentence and short, simple, descriptive phrases to describe the detailed appearance and "
    "detailed shape of {cls}.",
    "distinct": "Use a single sentence to describe the unique, distinctive appearance and shape of {cls}. "
    "Only describe the unique, distinctive shape and appearance.",
}
"""Sections 5 and 6 of the paper."""


@pytest.mark.parametrize("name", PRINTED)
def test_a_named_instruction_is_the_papers_to_the_letter(name: str):
    assert instruction_of(name).replace("{name}", "{cls}") == PRINTED[name]


def test_an_instruction_may_be_ones_own():
    assert instruction_of("Draw {name}!") == "Draw {name}!"


@pytest.mark.parametrize(
    ("said", "told"), [("papr", "did you mean 'paper'"), ("Draw {it}", "not 'it'"), ("Draw it", "with {name} in it")]
)
def test_an_instruction_that_asks_for_nothing_is_refused(said: str, told: str):
    with pytest.raises(InputError, match=told):
        instruction_of(said)
