import shutil
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from clipling.language.config import TextConfig
from clipling.workflows import console
from clipling.workflows.check import check
from clipling.workflows.distillation.inputs import read_inputs
from workflows.desk import Desk


def test_copies_across_the_split_that_distill_would_make_exit_with_1(
    aviary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    desk = Desk(tmp_path, capsys)
    shutil.copytree(aviary, desk.data)
    status, said = desk.run("check", desk.data)
    assert (status, "both in train and in evaluation" in said) == (0, False)
    split = read_inputs(desk.data, None, seed=0, text=TextConfig()).split
    held = split.id[0]
    trained = next(file for file in split.train if split.labels[file] == split.labels[held])
    shutil.copy(desk.data / trained, desk.data / held)
    status, said = desk.run("check", desk.data)
    assert status == 1
    assert "both in train and in evaluation" in said
    assert "distill makes by itself" in said


def test_names_to_act_on_are_told_whole(aviary: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(aviary, tmp_path / "data"))
    file = min(root.rglob("*.jpg"), key=lambda path: -len(path.parent.name))
    file.write_bytes(b"no image")
    screen = StringIO()
    Console(file=screen, width=80).print(check(root))
    shown = "".join(line.split("│")[-2].strip() for line in screen.getvalue().splitlines() if line.count("│") > 3)
    assert file.relative_to(root).as_posix() in shown


def test_a_terminal_sees_how_far_it_has_come(aviary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = StringIO()
    monkeypatch.setattr(console, "console", Console(file=screen, force_terminal=True, width=120))
    check(aviary)
    assert "looking at images" in screen.getvalue()
    assert "/600" in screen.getvalue()
