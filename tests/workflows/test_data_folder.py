"""What a verb says of the data folder before its work begins, and which folders it refuses."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import clipling
from clipling.contracts.errors import InputError
from workflows.desk import Desk

Deep = Callable[[Path], str]


@pytest.fixture
def desk(aviary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Birds without a split."""
    desk = Desk(tmp_path, capsys)
    shutil.copytree(aviary, desk.data)
    shutil.rmtree(desk.split)
    return desk


def test_split_and_distill_say_what_they_pass_over(desk: Desk) -> None:
    species = next(path for path in sorted(desk.data.iterdir()) if path.is_dir())
    image = next(species.rglob("*.jpg"))
    (image.parent / "selected").mkdir()
    for number in range(2):
        shutil.copy(image, image.parent / f"selected/{number}.jpg")
    for name in ("film.mp4", "notes.docx", "more.docx"):
        (species / name).touch()
    status, said = desk.run("split", desk.data, desk.place / "lists")
    assert status == 0
    assert "passed over 4: .docx (2), .json (1), .mp4 (1)" in said
    assert "classes inside the folder of another class: " in said
    assert "/selected'" in said
    status, said = desk.distill(teacher="local-dir:nowhere")
    assert status == 2
    assert "passed over 4: .docx (2), .json (1), .mp4 (1)" in said


def test_no_class_is_lost_with_a_folder_that_cannot_be_listed(desk: Desk, too_deep: Deep) -> None:
    too_deep(desk.data)
    status, said = desk.run("split", desk.data, desk.place / "lists")
    assert (status, "folders that cannot be listed" in said) == (2, True), said
    assert not (desk.place / "lists").exists()
    status, said = desk.distill(teacher="local-dir:nowhere")
    assert (status, "folders that cannot be listed" in said) == (2, True), said
    assert not desk.out.exists()
    status, said = desk.run("check", desk.data)
    assert (status, "spoils │ folders that cannot be" in said) == (1, True)


@pytest.mark.parametrize("tokens", [("split", "DATA", ""), ("distill", "DATA", "T", ""), ("check", "")])
def test_an_empty_path_is_not_this_folder(desk: Desk, tokens: tuple[str, ...]) -> None:
    status, said = desk.run(*(token.replace("DATA", str(desk.data)) for token in tokens))
    assert (status, "is empty; expected a path" in said) == (2, True), said


def test_an_empty_out_is_refused_in_python(desk: Desk) -> None:
    with pytest.raises(InputError, match="out is empty; expected the folder"):
        clipling.split(desk.data, "")
    with pytest.raises(InputError, match="out is empty; expected the folder"):
        clipling.distill(desk.data, "T", "")


def test_an_empty_list_of_unseen_classes_is_refused(desk: Desk) -> None:
    (desk.place / "unseen.txt").write_text("\n")
    status, said = desk.run("split", desk.data, desk.place / "lists", "--unseen", desk.place / "unseen.txt")
    assert (status, "unseen.txt: no class names; expected at least one" in said) == (2, True), said
    assert not (desk.place / "lists").exists()
