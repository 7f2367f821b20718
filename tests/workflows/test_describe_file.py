"""`clipling describe` with a file in place of a model, and what it refuses before it asks."""

from pathlib import Path

import pytest

from clipling.files import read_jsonl, write_jsonl
from workflows.desk import Desk
from workflows.kinds import LABELS, NAMES, write_kinds

pytest.importorskip("openai", reason="the extra llm is not installed: `clipling describe` is not tested")


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    write_kinds(tmp_path / "birds")
    return Desk(tmp_path, capsys)


def test_a_file_taken_over_again_on_another_day_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"class": label, "text": f"The {name} is red."} for label, name in zip(LABELS, NAMES, strict=True)]
    write_jsonl(desk.place / "mine.jsonl", rows)
    take = ("describe", desk.data, "--source", "file", "--file", desk.place / "mine.jsonl")
    assert desk.run(*take)[0] == 0
    before = (desk.data / "descriptions.jsonl").read_bytes()
    monkeypatch.setattr("clipling.workflows.describe.today", lambda: "2999-01-01")
    status, said = desk.run(*take)
    assert (status, (desk.data / "descriptions.jsonl").read_bytes()) == (0, before), said


def test_a_file_is_checked_and_taken_over(desk: Desk) -> None:
    rows = [{"class": label, "text": f"The {name} is red."} for label, name in zip(LABELS, NAMES, strict=True)]
    write_jsonl(desk.place / "mine.jsonl", rows)
    take = ("describe", desk.data, "--source", "file", "--file", desk.place / "mine.jsonl")
    assert desk.run(*take)[0] == 0
    made = read_jsonl(desk.data / "descriptions.jsonl")
    assert [row["text"] for row in made] == [row["text"] for row in rows]
    assert {row["model"] for row in made} == {"mine.jsonl"}
    write_jsonl(desk.place / "mine.jsonl", [{**rows[0], "text": "The kind0 bird is blue.", "model": "owl"}, *rows[1:]])
    status, said = desk.run(*take)
    assert (status, "--overwrite replaces them" in said) == (2, True), said
    assert desk.run(*take, "--overwrite")[0] == 0
    assert read_jsonl(desk.data / "descriptions.jsonl")[0]["model"] == "owl"


BAD = {
    "other classes": (
        ("--source", "file", "--file", "{place}/other.jsonl"),
        ("other.jsonl", "another data set", "lorry"),
    ),
    "wrong texts": (
        ("--source", "file", "--file", "{place}/moved.jsonl"),
        ("moved.jsonl", "10 of 10", "kind0_bird: That is about kind1 bird", "mend them"),
    ),
    "no such file": (("--source", "file", "--file", "{place}/none.jsonl"), ("none.jsonl: no such file",)),
    "no file": (("--source", "file"), ("--source file and --file PATH go together",)),
    "a file too many": (("--file", "{place}/other.jsonl"), ("source is endpoint", "go together")),
    "no model": ((), ("which model?", "--model")),
    "unknown source": (("--source", "web"), ("endpoint",)),
    "unknown instruction": (("--model", "m", "--instruction", "papr"), ("did you mean 'paper'",)),
    "no room": (
        ("--source", "file", "--file", "{place}/moved.jsonl", "--prompt", "76"),
        ("prompt is 76", "no room for a text"),
    ),
    "no questions": (("--model", "m", "--concurrency", "0"), ("concurrency is 0; expected at least 1",)),
    "a typo": (("--modle", "m"), ("--modle", "Did you mean --model")),
    "no key": (("--model", "m"), ("OPENAI_API_KEY is not set",)),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_and_writes_nothing(case: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    write_jsonl(desk.place / "other.jsonl", [{"class": "lorry", "text": "It has wheels."}])
    moved = zip(LABELS, [*NAMES[1:], NAMES[0]], strict=True)
    write_jsonl(desk.place / "moved.jsonl", [{"class": label, "text": f"The {name} is red."} for label, name in moved])
    options, expected = BAD[case]
    status, said = desk.run("describe", desk.data, *(option.format(place=desk.place) for option in options))
    assert status == 2
    assert all(word in said for word in expected), said
    assert "Traceback" not in said
    assert not (desk.data / "descriptions.jsonl").exists()
