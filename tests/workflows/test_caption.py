"""`clipling caption`: a caption for each image, made once, whatever happens in between."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL.Image import Image

import clipling
from clipling.aviary import teacher_spec
from clipling.data.split import read_split
from clipling.files import read_jsonl, write_jsonl
from clipling.language.captioning import INSTRUCTION, Captioner
from image_to_text import write_chatting
from workflows.conftest import TINY
from workflows.desk import Desk


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chatting(tmp_path_factory.mktemp("models") / "tiny-chat")


@pytest.fixture
def desk(aviary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    shutil.copytree(aviary, tmp_path / "birds")
    return Desk(tmp_path, capsys)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many images the model was shown, batch by batch."""
    counts: list[int] = []
    say = Captioner.say

    def counted(self: Captioner, images: Sequence[Image]) -> list[str]:
        counts.append(len(images))
        return say(self, images)

    monkeypatch.setattr(Captioner, "say", counted)
    return counts


def options(desk: Desk, model: Path, *more: object) -> tuple[object, ...]:
    return ("caption", desk.data, "--model", model, "--split", desk.split, "--hardware.accelerator", "cpu", *more)


def test_captions_of_one_part_and_then_of_another(desk: Desk, model: Path, looked_at: list[int]):
    split = read_split(desk.split, desk.data)
    assert desk.run(*options(desk, model, "--part", "id", "--batch-size", 64))[0] == 0
    rows = read_jsonl(desk.data / "captions.jsonl")
    assert [row["file"] for row in rows] == sorted(split.id)
    assert all((row["model"], row["prompt"], bool(row["text"])) == ("tiny-chat", INSTRUCTION, True) for row in rows)
    assert len({row["text"] for row in rows}) > 1
    assert sum(looked_at) == len(split.id)
    assert desk.run(*options(desk, model, "--part", "ood", "--batch-size", 64))[0] == 0
    both = read_jsonl(desk.data / "captions.jsonl")
    assert {row["file"] for row in both} == {*split.id, *split.ood}
    assert [row for row in both if row["file"] in split.id] == rows
    assert sum(looked_at) == len(split.id + split.ood)
    status, said = desk.run(*options(desk, model, "--part", "ood"))
    assert (status, "0 made now" in said, sum(looked_at)) == (0, True, len(split.id + split.ood))
    assert [path.name for path in desk.data.glob(".captions*")] == [".captions.jsonl.lock"]


def test_after_a_kill_nothing_is_made_twice(desk: Desk, model: Path, looked_at: list[int], monkeypatch):
    images = len(read_split(desk.split, desk.data).id)
    say = Captioner.say

    def killed(self: Captioner, pictures: Sequence[Image]) -> list[str]:
        if len(looked_at) == 2:
            raise KeyboardInterrupt
        return say(self, pictures)

    with monkeypatch.context() as patch:
        patch.setattr(Captioner, "say", killed)
        assert desk.run(*options(desk, model, "--part", "id", "--batch-size", 40))[0] == 130
    assert not (desk.data / "captions.jsonl").exists()
    (journal,) = desk.data.glob(".captions*.journal")
    with journal.open("a") as stream:
        stream.write('{"about": "half a li')
    assert desk.run(*options(desk, model, "--part", "id", "--batch-size", 40))[0] == 0
    assert sum(looked_at) == images
    assert len(read_jsonl(desk.data / "captions.jsonl")) == images
    assert not journal.exists()


def test_captions_of_another_model_are_kept_until_they_are_given_up(desk: Desk, model: Path):
    split = read_split(desk.split, desk.data)
    mine = [{"file": file, "text": "by hand", "model": "me", "prompt": ""} for file in split.id[:3]]
    write_jsonl(desk.data / "captions.jsonl", mine)
    status, said = desk.run(*options(desk, model, "--part", "id"))
    assert (status, "3 images" in said, "'me'" in said, "--overwrite" in said) == (2, True, True, True), said
    assert read_jsonl(desk.data / "captions.jsonl") == mine
    assert desk.run(*options(desk, model, "--part", "id", "--overwrite", "--batch-size", 64))[0] == 0
    assert {row["model"] for row in read_jsonl(desk.data / "captions.jsonl")} == {"tiny-chat"}


def test_what_a_stopped_command_made_waits_until_its_images_are_asked_for_again(
    desk: Desk, model: Path, looked_at: list[int], monkeypatch: pytest.MonkeyPatch
):
    split = read_split(desk.split, desk.data)
    mine = [{"file": file, "text": "by hand", "model": "me", "prompt": ""} for file in split.id]
    write_jsonl(desk.data / "captions.jsonl", mine)
    say = Captioner.say

    def killed(self: Captioner, pictures: Sequence[Image]) -> list[str]:
        if looked_at:
            raise KeyboardInterrupt
        return say(self, pictures)

    with monkeypatch.context() as patch:
        patch.setattr(Captioner, "say", killed)
        assert desk.run(*options(desk, model, "--part", "id", "--batch-size", 40, "--overwrite"))[0] == 130
    assert desk.run(*options(desk, model, "--part", "ood", "--batch-size", 64))[0] == 0
    rows = {row["file"]: row for row in read_jsonl(desk.data / "captions.jsonl")}
    assert [rows[file] for file in split.id] == mine
    assert {rows[file]["model"] for file in split.ood} == {"tiny-chat"}
    assert desk.run(*options(desk, model, "--part", "id", "--batch-size", 64, "--overwrite"))[0] == 0
    assert sum(looked_at) == len(split.id + split.ood)
    assert [path.name for path in desk.data.glob(".captions*")] == [".captions.jsonl.lock"]


def test_a_bad_image_stops_or_is_left_out(desk: Desk, model: Path):
    first, *_ = read_split(desk.split, desk.data).id
    (desk.data / first).write_bytes(b"no picture")
    status, said = desk.run(*options(desk, model, "--part", "id"))
    assert (status, first in said, "--on-bad-image skip" in said) == (2, True, True), said
    status, said = desk.run(*options(desk, model, "--part", "id", "--on-bad-image", "skip", "--batch-size", 64))
    assert (status, "1 skipped" in said) == (0, True), said
    assert first not in {row["file"] for row in read_jsonl(desk.data / "captions.jsonl")}


def test_captions_from_a_file_are_checked(desk: Desk):
    split = read_split(desk.split, desk.data)
    given, target = desk.place / "given.jsonl", desk.data / "captions.jsonl"
    good = [{"file": file, "text": f"a bird\n in {file}"} for file in split.files]
    for rows, complaint in (
        (good[1:], "no caption for 1 of"),
        ([{"file": f"other/{n}.png", "text": "a fish"} for n in range(3)], "another data set"),
        ([*good, {"file": "other/1.png", "text": "a fish"}], "1 of its"),
        ([*good, good[0]], "more than once"),
        ([{**good[0], "text": " "}, *good[1:]], "no text under 'text'"),
    ):
        write_jsonl(given, rows)
        status, said = desk.run("caption", desk.data, "--file", given, "--split", desk.split)
        assert (status, complaint in said, target.exists()) == (2, True, False), said
    write_jsonl(given, good)
    assert desk.run("caption", desk.data, "--file", given, "--split", desk.split)[0] == 0
    row = json.loads(target.read_text().splitlines()[0])
    assert row == {"file": row["file"], "text": f"a bird in {row['file']}", "model": "given.jsonl", "prompt": ""}
    write_jsonl(given, [{**good[0], "text": "changed"}, *good[1:]])
    assert desk.run("caption", desk.data, "--file", given, "--split", desk.split)[0] == 2
    assert desk.run("caption", desk.data, "--file", given, "--split", desk.split, "--overwrite")[0] == 0
    assert "changed" in target.read_text()


def test_images_of_which_the_model_says_nothing_get_captions_of_one_s_own(
    desk: Desk, model: Path, monkeypatch: pytest.MonkeyPatch
):
    files = read_split(desk.split, desk.data).id
    say = Captioner.say

    def shy(self: Captioner, images: Sequence[Image]) -> list[str]:
        return ["", *say(self, images)[1:]]

    monkeypatch.setattr(Captioner, "say", shy)
    for _ in range(2):  # the second time it is asked about this image alone
        status, said = desk.run(*options(desk, model, "--part", "id", "--batch-size", 999))
        assert (status, f"says nothing of 1 images: '{files[0]}'" in said, "--file FILE" in said) == (2, True, True), (
            said
        )
        assert {row["file"] for row in read_jsonl(desk.data / "captions.jsonl")} == {*files[1:]}
    write_jsonl(desk.place / "mine.jsonl", [{"file": files[0], "text": "a bird"}])
    take = ("--file", desk.place / "mine.jsonl", "--split", desk.split, "--part", "id")
    assert desk.run("caption", desk.data, *take)[0] == 0
    assert {row["file"] for row in read_jsonl(desk.data / "captions.jsonl")} == {*files}


def test_a_model_that_says_nothing_at_all_writes_nothing(desk: Desk, model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Captioner, "say", lambda self, images: [""] * len(images))
    status, said = desk.run(*options(desk, model, "--part", "id"))
    assert (status, "says nothing of" in said, (desk.data / "captions.jsonl").exists()) == (2, True, False), said


def test_a_part_needs_a_split_and_a_batch_an_image(desk: Desk, model: Path):
    status, said = desk.run("caption", desk.data, "--part", "ood")
    assert (status, "--split" in said) == (2, True), said
    status, said = desk.run("caption", desk.data, "--batch-size", 0)
    assert (status, "batch_size is 0" in said) == (2, True), said


def test_captions_are_a_training_signal(desk: Desk, runs: Path):
    split = read_split(desk.split, desk.data)
    write_jsonl(desk.data / "captions.jsonl", [{"file": file, "text": file.replace("_", " ")} for file in split.train])
    losses = clipling.LossConfig(cls=1.0, cap=1.0)
    run = clipling.distill(
        desk.data, teacher_spec(), desk.out, split=desk.split, recipe="cls", losses=losses, **{**TINY, "epochs": 1}
    )
    (epoch,) = [row for row in read_jsonl(run.log) if row["event"] == "epoch"]
    assert 0 < epoch["loss"]["cap"] < 20
