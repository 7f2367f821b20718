"""The demo as a new user meets it, with fewer birds and one epoch."""

from functools import partial
from pathlib import Path

import pytest

from clipling import aviary
from workflows.desk import Desk, contents


def test_the_demo_shows_two_students_and_the_second_time_trains_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aviary, "write_aviary", partial(aviary.write_aviary, train=2, held_out=2))
    desk = Desk(tmp_path, capsys)
    status, said = desk.run("demo", desk.out, "--epochs", 1)
    assert status == 0
    assert all(f"| {row} |" in said for row in ("cls", "paper", "teacher: local-dir:teacher"))
    assert "YOUR_IMAGES clipling distill YOUR_IMAGES" in said, "what to type next"
    pages = [desk.out / name for name in ("comparison.html", "cls/report.html", "paper/report.html")]
    assert all(page.stat().st_size > 10_000 for page in pages)
    assert all(str(page) in said for page in pages)
    assert "data:image" in pages[-1].read_text(), "pictures of the birds"

    before = contents(desk.out / "cls") | contents(desk.out / "paper") | contents(desk.out / "aviary-0")
    status, again = desk.run("demo", desk.out, "--epochs", 1)
    assert status == 0
    assert said.startswith(again), "the same table, without a line of training"
    after = contents(desk.out)
    assert all(after[place] == stamp for place, stamp in before.items())
    status, said = desk.run("demo", desk.out, "--epochs", 2)
    assert (status, "made with epochs 1" in said, "--overwrite" in said) == (2, True, True)
