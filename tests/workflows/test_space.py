"""`clipling space` and the planes of runs: numbers and pictures of the space that texts lie in."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import clipling
from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError
from clipling.data.split import read_split, write_split
from clipling.files import read_json, write_jsonl
from clipling.workflows.reproduction.projection import draw_runs
from workflows.conftest import HARDWARE
from workflows.desk import Desk


@pytest.fixture
def desk(aviary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    shutil.copytree(aviary, tmp_path / "birds")
    return Desk(tmp_path, capsys)


def measured(desk: Desk) -> tuple[dict[str, dict[str, float]], str]:
    status, said = desk.run("space", desk.data, teacher_spec(), desk.place / "space", "--split", desk.split)
    assert status == 0, said
    assert {path.name for path in (desk.place / "space").iterdir()} == {"space.json", "figure4.svg", "figure4.png"}
    return read_json(desk.place / "space" / "space.json"), said


def test_it_takes_the_texts_that_are_there(desk: Desk):
    lists = read_split(desk.split, desk.data)
    for name in ("descriptions.jsonl", "captions.jsonl"):
        (desk.data / name).unlink(missing_ok=True)
    figures, said = measured(desk)
    assert list(figures["mean_cosine"]) == ["names"]
    assert ("descriptions left out" in said, "captions left out" in said) == (True, True)
    write_jsonl(desk.data / "descriptions.jsonl", [{"class": label, "text": "A bird."} for label in lists.classes])
    write_jsonl(desk.data / "captions.jsonl", [{"file": file, "text": "a bird"} for file in lists.train])
    figures, said = measured(desk)
    assert list(figures["mean_cosine"]) == ["names", "descriptions"]
    write_jsonl(desk.data / "captions.jsonl", [{"file": file, "text": "a bird"} for file in lists.ood])
    figures, said = measured(desk)
    assert "left out" not in said
    assert figures["mean_cosine"]["captions"] == pytest.approx(1, abs=1e-5)  # all say the same
    assert figures["spectrum"]["captions"] == pytest.approx(0, abs=1e-3)
    assert len(figures["singular_values"]["names"]) == min(len(lists.unseen_classes) - 1, 64)


def test_captions_for_only_some_of_the_images_are_refused(desk: Desk):
    lists = read_split(desk.split, desk.data)
    write_jsonl(desk.data / "captions.jsonl", [{"file": file, "text": "a bird"} for file in lists.ood[1:]])
    status, said = desk.run("space", desk.data, teacher_spec(), desk.place / "space", "--split", desk.split)
    assert (status, lists.ood[0] in said, (desk.place / "space").exists()) == (2, True, False), said


@pytest.mark.slow
def test_two_runs_on_planes_of_the_same_classes(finished: clipling.Run, tmp_path: Path):
    pytest.importorskip("umap", reason="umap-learn is absent: Figure 2b is not tested")
    files = draw_runs({"before": finished, "after": finished}, tmp_path / "new", classes=6, hardware=HARDWARE)
    assert [file.name for file in files] == ["figure2b.json", "figure2b.svg", "figure2b.png"]
    record = read_json(files[0])
    before, after = record["panels"]["before"], record["panels"]["after"]
    split = read_split(finished.split, Path(finished.config["data"]))
    images = [file for file in split.ood if split.labels[file] in record["classes"]]
    assert before == after
    assert (len(before["images"]), len(before["texts"]), set(before["labels"])) == (len(images), 6, set(range(6)))
    assert record["classes"] == [split.unseen_classes[row * len(split.unseen_classes) // 6] for row in range(6)]


def test_runs_of_other_classes_are_not_compared(finished: clipling.Run, tmp_path: Path):
    other = clipling.Run(tmp_path / "other")
    shutil.copytree(finished.folder, other.folder)
    split = read_split(finished.split, Path(finished.config["data"]))
    fewer = split.unseen_classes[1:]
    ood = tuple(file for file in split.ood if split.labels[file] in fewer)
    write_split(replace(split, ood=ood, unseen_classes=fewer), other.split)
    with pytest.raises(InputError, match="expected the same ones in every run"):
        draw_runs({"a": finished, "b": other}, tmp_path / "new", hardware=HARDWARE)
