"""What a person may get wrong is answered with exit status 2 and a message that helps; nothing is half-made or lost."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import clipling
from clipling.aviary import teacher_spec
from clipling.files import read_json
from workflows.desk import TEACHER, WEIGHTS, Desk, contents


@pytest.fixture
def desk(aviary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    shutil.copytree(aviary, tmp_path / "birds")
    return Desk(tmp_path, capsys)


def class_table(desk: Desk, change: Callable[[list[list[str]]], object]) -> None:
    rows = [line.split(",") for line in (desk.data / "classes.csv").read_text().splitlines()[1:]]
    change(rows)
    with (desk.data / "classes.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["class", "name"], *rows])


def shift_names(rows: list[list[str]]) -> None:
    names = [row[1] for row in rows]
    for row, name in zip(rows, [*names[67:], *names[:67]], strict=True):
        row[1] = name


def absent(desk: Desk) -> None:
    shutil.rmtree(desk.data)


def empty(desk: Desk) -> None:
    absent(desk)
    desk.data.mkdir()


def one_class(desk: Desk) -> None:
    shutil.rmtree(desk.split)
    for folder in sorted((desk.data / "images").iterdir())[1:]:
        shutil.rmtree(folder)


def files_gone(desk: Desk) -> None:
    shutil.rmtree(desk.data / (desk.split / "train.txt").read_text().splitlines()[0].rpartition("/")[0])


def overlapping(desk: Desk) -> None:
    about = (desk.split / "split.json").read_text()
    first = read_json(desk.split / "split.json")["seen_classes"][0]
    (desk.split / "split.json").write_text(about.replace('"unseen_classes": [', f'"unseen_classes": ["{first}",'))


def other_descriptions(desk: Desk) -> None:
    (desk.data / "descriptions.jsonl").write_text('{"class": "lorry", "text": "it has wheels"}\n')


SPOILED = {
    "no data": (absent, (), ("birds", "no such folder", "give the folder")),
    "empty data": (empty, (), ("birds", "no images of any class", "expected ROOT/<class>/<image>")),
    "one class": (one_class, (), ("birds", "only one class", "two classes or more")),
    "split files gone": (files_gone, (), ("train.txt", "images/", "2 of")),
    "classes overlap": (overlapping, (), ("split", "both seen and unseen", "correct the lists")),
    "a class without a name": (
        lambda desk: class_table(desk, lambda rows: rows.pop(3)),
        (),
        ("classes.csv", "no row for 1 of", "add a row"),
    ),
    "a name twice": (
        lambda desk: class_table(desk, lambda rows: rows[1].__setitem__(1, rows[0][1])),
        (),
        ("classes.csv", "have the same name", "its own name"),
    ),
    "a class twice": (
        lambda desk: class_table(desk, lambda rows: rows.append(rows[0])),
        (),
        ("classes.csv", "more than once", "keep one row"),
    ),
    "other descriptions": (
        other_descriptions,
        ("--text.descriptions", "own"),
        ("descriptions.jsonl", "another data set", "lorry"),
    ),
    "teacher at chance": (
        lambda desk: class_table(desk, shift_names),
        (),
        ("at chance", "classes.csv", "--no-guards"),
    ),
    "batch too large": (lambda desk: None, ("--batch-size", 500), ("batch_size is 500", "200", "--batch-size")),
    "unknown student": (lambda desk: None, ("--student", "resnet81"), ("'resnet81'", "did you mean 'resnet")),
    "student of another size": (
        lambda desk: None,
        ("--student", "test_vit", "--image-size", 33),
        ("33 x 33", "set the image size to"),
    ),
    "unknown recipe": (lambda desk: None, ("--recipe", "papr"), ("'papr'", "did you mean 'paper'")),
    "unknown option": (lambda desk: None, ("--epoch", 3), ("--epoch", "Did you mean --epochs")),
    "resume and overwrite": (lambda desk: None, ("--resume", "--overwrite"), ("--resume", "--overwrite", "one of")),
    "resume without a run": (lambda desk: None, ("--resume",), ("mine", "no run to resume", "leave --resume out")),
    "features in the run": (lambda desk: None, ("--features", "{out}/features"), ("features", "folder beside it")),
}


@pytest.mark.parametrize("case", SPOILED)
def test_bad_input_is_refused_and_leaves_no_run(case: str, desk: Desk) -> None:
    spoil, options, expected = SPOILED[case]
    spoil(desk)
    status, said = desk.distill(*(str(option).format(out=desk.out) for option in options))
    assert status == 2
    assert all(word in said for word in expected), said
    assert "Traceback" not in said
    assert not desk.out.exists()


TEACHERS = {
    "ViT-B-23/openai": ("'ViT-B-23'", "did you mean 'ViT-B-"),
    "ViT-B-32/openia": ("'openia'", "did you mean 'openai'"),
    "local-dir:{place}/none": ("none", "no such folder"),
    "local-dir:{place}/bare": ("bare", "no weights in it", WEIGHTS),
    "local-dir:{place}/pickled": (WEIGHTS, "pickle under another name", "convert it"),
}


@pytest.mark.parametrize("spec", TEACHERS)
def test_a_teacher_that_cannot_be_had_is_named_and_the_run_to_be_overwritten_stays(
    spec: str, desk: Desk, finished: clipling.Run
) -> None:
    for name in ("bare", "pickled"):
        shutil.copytree(TEACHER, desk.place / name, ignore=shutil.ignore_patterns(WEIGHTS))
    torch.save({"weight": torch.ones(3)}, desk.place / "pickled" / WEIGHTS)
    shutil.copytree(finished.folder, desk.out)
    before = contents(desk.out)
    status, said = desk.distill("--overwrite", teacher=spec.format(place=desk.place))
    assert status == 2
    assert all(word in said for word in TEACHERS[spec]), said
    assert contents(desk.out) == before


def test_a_teacher_with_nan_is_refused(desk: Desk) -> None:
    status, said = desk.distill(teacher=desk.taught_by(lambda weight: weight * float("nan")))
    assert (status, "NaN" in said, desk.out.exists()) == (2, True, False), said


def test_features_of_another_teacher_are_refused_and_kept(desk: Desk) -> None:
    store = desk.place / "features"
    assert desk.run("features", desk.data, teacher_spec(), store, "--hardware.workers", 0)[0] == 0
    before = contents(store)
    status, said = desk.distill("--features", store, teacher=desk.taught_by(lambda weight: weight * 1.01))
    assert status == 2
    assert all(word in said for word in (str(store), "weights: stored", "clipling features --rebuild")), said
    assert (contents(store), desk.out.exists()) == (before, False)


def test_names_that_are_mended_need_no_other_word(desk: Desk) -> None:
    names = (desk.data / "classes.csv").read_text()
    class_table(desk, shift_names)
    assert desk.distill("--epochs", 1)[0] == 2
    assert desk.distill("--epochs", 1, "--no-guards")[0] == 0
    (desk.data / "classes.csv").write_text(names)
    assert desk.distill("--epochs", 1, "--overwrite")[0] == 0
