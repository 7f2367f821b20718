"""Teachers of which an architecture alone is named, from the command line."""

from pathlib import Path

import pytest

import clipling
from architectures import register
from clipling.aviary import teacher_spec
from clipling.teacher import FeatureStore, load_teacher
from workflows.desk import Desk

RANDOM = "has random weights: good for the time it takes, and for nothing else"


@pytest.fixture
def untrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    return register(tmp_path, monkeypatch)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], aviary: Path) -> Desk:
    desk = Desk(tmp_path, capsys)
    desk.data.symlink_to(aviary)
    return desk


def test_features_of_it_are_made_and_said_to_be_random(desk: Desk, untrained: str):
    status, said = desk.run("features", desk.data, untrained, desk.place / "f", "--split", desk.split)
    assert (status, f"teacher {untrained} {RANDOM}" in said) == (0, True), said
    store = FeatureStore.open(desk.place / "f", expected=load_teacher(untrained).key)
    assert store.width == 24


def test_a_student_of_it_is_trained_where_that_is_insisted_on(desk: Desk, untrained: str):
    status, said = desk.distill(teacher=untrained)
    assert status == 2
    assert f"{untrained} {RANDOM}" in said
    assert "--no-guards" in said
    status, said = desk.distill("--no-guards", "--epochs", 1, teacher=untrained)
    assert status == 0, said
    assert clipling.Run(desk.out).config["teacher"] == untrained


@pytest.mark.parametrize("named", ["--teacher", "--small-teacher"])
def test_a_dry_run_says_so_too(desk: Desk, named: str):
    trained = () if named == "--teacher" else ("--teacher", teacher_spec())
    asked = ("--data", desk.data, "--budget", "tiny", "--rows", "teacher", "--dry-run")
    status, said = desk.run("reproduce", "table1", *asked, *trained, named, "RN50")
    assert (status, f"teacher RN50 {RANDOM}; trained ones: RN50/openai" in said) == (0, True), said
    status, said = desk.run("reproduce", "table1", *asked, *trained, named, "RN51")
    assert (status, "unknown teacher architecture 'RN51': did you mean 'RN50'" in said) == (2, True), said


def test_nothing_is_said_of_a_trained_one(desk: Desk):
    status, said = desk.run("features", desk.data, teacher_spec(), desk.place / "f", "--split", desk.split)
    assert (status, "random weights" in said) == (0, False)
