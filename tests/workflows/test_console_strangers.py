"""What a stranger named is shown and has no power over the terminal."""

import json
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from clipling.applications.pickclutter.predict import Found
from clipling.cli import main
from clipling.contracts.records import Prediction
from clipling.deploy.stream import Answer
from clipling.plain import visible
from clipling.workflows.answers.lines import Format, lines
from clipling.workflows.console import Terminal, say
from clipling.workflows.push import Pushed
from clipling.workflows.reproduce import Reproduced
from hostile import NAMES, SPOKEN, acting


def ended(*tokens: object) -> None:
    with pytest.raises(SystemExit):
        main([str(token) for token in tokens])


def printed(shown: RenderableType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("COLUMNS", "300")
    Terminal().print(shown)
    return capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(f"skipped {name}: cannot be read")
    said = capsys.readouterr().err
    assert said == f"skipped {visible(name)}: cannot be read\n"


@pytest.mark.parametrize("name", SPOKEN)
def test_no_name_is_markup(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    say(name)
    assert capsys.readouterr().err == f"{name}\n"
    table = Table("class")
    table.add_row(name)
    assert name in printed(table, monkeypatch, capsys)


@pytest.mark.parametrize("name", NAMES)
def test_an_error_is_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended("reproduce", f"table {name}")
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert visible(name) in said
    assert not acting(said)
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", [lambda name: name, Text, lambda name: Group(Text(name), name)])
def test_nothing_that_rich_prints_acts(
    make: object, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not acting(printed(make(name), monkeypatch, capsys))  # type: ignore[operator]


@pytest.mark.parametrize("name", NAMES)
def test_answers_forge_no_rows(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [
        Found(name, {name: 0.9}),
        Pushed({name: 3}, "org/name", public=False, address=None),
        Reproduced("a table", left_out=(name,), failed=(name,)),
    ]
    plain = [
        Found("one", {"one": 0.9}),
        Pushed({"one": 3}, "org/name", public=False, address=None),
        Reproduced("a table", left_out=("one",), failed=("one",)),
    ]
    for answer, usual in zip(answers, plain, strict=True):
        shown = printed(answer, monkeypatch, capsys)
        assert visible(name) in shown
        assert not acting(shown)
        assert len(shown.splitlines()) == len(printed(usual, monkeypatch, capsys).splitlines())


def test_check_shows_each_name_in_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    for name in NAMES:
        folder = tmp_path / "data" / name.translate({0: None, ord("/"): None})
        folder.mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(folder / "a.png")
        (folder / "b.png").write_bytes(b"no image")
    ended("check", tmp_path / "data")
    said = capsys.readouterr().out
    assert rf"{visible(min(NAMES))[:12]}" in said
    assert not acting(said)
    assert all(line[0] in "┏┃┡│└├" for line in said.splitlines())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("form", "count"), [("table", 3), ("csv", 2), ("jsonl", 1)])
def test_a_label_or_a_file_forges_no_answer(name: str, form: Format, count: int) -> None:
    answer = Answer(name, [Prediction(name, 1.0)], 0.5, None)
    [(_, text)] = lines(iter([answer]), [name], form)
    assert not acting(text)
    assert len(text.splitlines()) == count
    if form == "jsonl":
        assert json.loads(text)["predictions"][0]["label"] == name
    else:
        assert visible(name)[:20] in text
