"""Few shots on a finished run of the aviary: one of the two images of each unseen species is shown."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import clipling
from clipling.contracts.errors import InputError
from clipling.data.split import read_split
from clipling.files import read_json, read_jsonl, read_lines, write_json
from clipling.language.config import TextConfig
from clipling.teacher.features import FeatureStore
from clipling.tensors import unit
from clipling.training.config import Caching
from clipling.workflows.distillation.spaces import encode_run
from clipling.workflows.few_shots.shots import FewShotFigures
from clipling.workflows.report import report
from workflows.conftest import HARDWARE
from workflows.desk import Desk, contents

EPOCHS = 3
FINETUNE: dict[str, Any] = {"shots": 1, "epochs": EPOCHS, "hardware": HARDWARE}


@pytest.fixture(scope="module")
def run(finished: clipling.Run, runs: Path) -> clipling.Run:
    """A copy of the finished run, to be given few shots."""
    shutil.copytree(finished.folder, runs / "few")
    return clipling.Run(runs / "few")


@pytest.fixture(scope="module")
def tuned(run: clipling.Run) -> FewShotFigures:
    return clipling.fewshot(run, draws=2, **FINETUNE)


@pytest.fixture(scope="module")
def retrieved(run: clipling.Run) -> FewShotFigures:
    return clipling.fewshot(run, shots=1, method="retrieval", draws=2, hardware=HARDWARE)


def place(run: clipling.Run, name: str) -> clipling.Run:
    return clipling.Run(run.folder / "fewshot" / name)


def mean_accuracy(bundle: Path, files: list[str], labels: list[str], data: Path) -> float:
    """Among the classes of the files, image by image, through the deployed student's own door."""
    entries = read_json(bundle / "labels.json")
    text = load_file(bundle / "text.safetensors")["text"]
    chosen = [row for row, entry in enumerate(entries) if entry["class"] in set(labels)]
    image = clipling.load(bundle).encode_image([data / file for file in files])
    right = [
        entries[chosen[int(place)]]["class"] == label
        for place, label in zip((image @ text[chosen].T).argmax(dim=1), labels, strict=True)
    ]
    hits: dict[str, list[bool]] = {}
    for label, is_right in zip(labels, right, strict=True):
        hits.setdefault(label, []).append(is_right)
    return float(np.mean([np.mean(of_class) for of_class in hits.values()]))


def test_shots_are_shown_and_never_asked(run: clipling.Run, tuned: FewShotFigures) -> None:
    ood = read_lines(run.split / "ood.txt")
    drawn = []
    for draw in (0, 1):
        left = place(run, f"finetune-1-draw{draw}")
        shots = left.results["shots"]
        assert sorted({Path(file).parent.name for file in shots}) == sorted({Path(file).parent.name for file in ood})
        assert len(shots) == 100
        assert set(read_lines(left.split / "ood.txt")) == set(ood) - set(shots)
        assert set(read_lines(left.split / "train.txt")) - set(read_lines(run.split / "train.txt")) == set(shots)
        drawn.append(shots)
    assert drawn[0] != drawn[1]
    assert tuned.draws.keys() == {0, 1}


def test_before_and_after_are_what_the_two_bundles_say(run: clipling.Run, tuned: FewShotFigures, aviary: Path) -> None:
    left = place(run, "finetune-1-draw0")
    files = {part: read_lines(left.split / f"{part}.txt") for part in ("id", "ood")}
    labels = {part: [Path(file).parent.name for file in those] for part, those in files.items()}
    for part in ("id", "ood"):
        before = mean_accuracy(run.student, files[part], labels[part], aviary)
        after = mean_accuracy(left.student, files[part], labels[part], aviary)
        assert tuned.draws[0]["before"][part] == pytest.approx(before)
        assert left.results["after_bundle"][part] == pytest.approx(after)
    logged = [row["accuracy"] for row in read_jsonl(left.log)]
    assert left.results["epochs_averaged"] == len(logged) == EPOCHS
    assert tuned.draws[0]["after"]["ood"] == pytest.approx(np.mean([row["ood"] for row in logged]))


def test_the_schedule_is_one_cycle_of_the_papers_rate(run: clipling.Run, tuned: FewShotFigures) -> None:
    settings = place(run, "finetune-1-draw0").results["settings"]
    assert settings["schedule"]["name"] == "one_cycle"
    assert settings["optimizer"] == {"name": "sgd", "lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4}
    assert settings["losses"] == run.config["losses"]
    rates = [row["lr"] for row in read_jsonl(place(run, "finetune-1-draw0").log)]
    assert max(rates) <= 1e-3
    assert len(set(rates)) == EPOCHS


def test_mean_and_spread_go_to_the_run(run: clipling.Run, tuned: FewShotFigures) -> None:
    after = [tuned.draws[draw]["after"]["ood"] for draw in (0, 1)]
    assert tuned.mean["after"]["ood"] == pytest.approx(np.mean(after))
    assert tuned.spread["after"]["ood"] == pytest.approx(np.std(after, ddof=1))
    assert run.results["accuracy"]["ood_few_shot"] == {"1": tuned.mean["after"]["ood"]}
    assert "ood_few_shot" not in run.results["accuracy_bundle"], "`clipling evaluate` repeats these exactly"
    assert "Unseen, 1 images of each" in (run.folder / "report.html").read_text()


def test_asked_again_it_only_shows_and_other_settings_are_refused(run: clipling.Run, tuned: FewShotFigures) -> None:
    before = contents(run.folder)
    assert clipling.fewshot(run, draws=2, **FINETUNE) == tuned
    assert clipling.fewshot(run.folder, draw=1, **FINETUNE) == tuned
    with pytest.raises(InputError, match="epochs: 3 in the run, 2 now"):
        clipling.fewshot(run, draw=0, **{**FINETUNE, "epochs": 2})
    assert contents(run.folder) == before


def test_draws_from_before_a_setting_was_added_still_count(run: clipling.Run, tuned: FewShotFigures) -> None:
    config = place(run, "finetune-1-draw0").folder / "config.yaml"
    now = config.read_text()
    assert "  bidirectional: true\n" in now
    config.write_text(now.replace("  bidirectional: true\n", ""))
    assert clipling.fewshot(run, draws=2, **FINETUNE) == tuned
    config.write_text(now)


def test_finished_draws_that_the_run_does_not_tell_of_yet_are_told(run: clipling.Run, tuned: FewShotFigures) -> None:
    results = run.results
    told = results["accuracy"].pop("ood_few_shot")
    write_json(run.folder / "results.json", results)
    (run.folder / "report.html").unlink()
    clipling.fewshot(run, draw=0, **FINETUNE)
    assert run.results["accuracy"]["ood_few_shot"] == told
    assert "Unseen, 1 images of each" in (run.folder / "report.html").read_text()


def test_other_texts_than_the_student_learned_are_refused(finished: clipling.Run, aviary: Path, tmp_path: Path) -> None:
    other = shutil.copytree(aviary, tmp_path / "aviary")
    names = (other / "classes.csv").read_text().splitlines()
    label, _, name = names[1].partition(",")
    (other / "classes.csv").write_text("\n".join([names[0], f"{label},grey {name}", *names[2:]]))
    with pytest.raises(InputError, match=rf"text of class .{label}. is .*grey .*but the student learned"):
        clipling.fewshot(finished, **FINETUNE, data=other)
    assert not (finished.folder / "fewshot").exists()


def test_stopped_and_given_again_ends_in_the_same_bits(run: clipling.Run, tuned: FewShotFigures) -> None:
    left = place(run, "finetune-1-draw1")
    weights, results = load_file(left.student / "model.safetensors"), left.results
    shutil.rmtree(left.student)
    (left.folder / "results.json").unlink()
    (left.checkpoints / f"epoch-{EPOCHS:04d}.pt").unlink()
    assert clipling.fewshot(run, draw=1, **FINETUNE) == tuned
    again = load_file(left.student / "model.safetensors")
    assert all(torch.equal(again[name], value) for name, value in weights.items())
    assert left.results == results
    assert [row["epoch"] for row in read_jsonl(left.log)] == [1, 2, 3]


def test_the_folder_of_a_draw_is_that_of_a_run(run: clipling.Run, tuned: FewShotFigures, aviary: Path) -> None:
    """The verbs that read a run read a draw: what it left is measured, compared, asked and told."""
    left, here = place(run, "finetune-1-draw0"), Caching(accelerator="cpu", workers=1)
    after, results = left.results["after_bundle"], left.results
    measured = clipling.evaluate(left.folder, hardware=here)
    assert measured.repeated
    assert measured.accuracy == {"id": after["id"], "ood_few_shot/1": after["ood"]}
    assert results["accuracy"]["ood_few_shot"] == {"1": tuned.draws[0]["after"]["ood"]}

    compared = clipling.coherence(left.folder, hardware=here)
    assert compared.images == {"train": 300, "id": 200, "ood": 100}
    space, before = encode_run(left, None, here, parts=("ood",)), encode_run(run, None, here, parts=("ood",))
    assert space.inputs.split.unseen_classes == before.inputs.split.unseen_classes
    assert left.results == results | {"coherence": compared.parts}
    assert not (run.folder / "fewshot" / ".clipling").exists(), "images and features are those of the run"

    page = report([left.folder]).page.read_text()
    assert f"shown 1 images of each class that it had not been trained on: it is right about {after['ood']:.1%}"[
        :-1
    ] in page.replace("\N{NO-BREAK SPACE}", "")
    picture = aviary / read_lines(left.split / "ood.txt")[0]
    assert clipling.load(left.folder).predict(picture)[0][0].label in clipling.load(left.folder).classes


def test_a_draw_without_a_student_of_its_own_says_so(
    run: clipling.Run, retrieved: FewShotFigures, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = place(run, "retrieval-1-draw0").folder
    for verb in ("evaluate", "coherence", "report"):
        status, said = Desk(runs, capsys).run(verb, left)
        assert (status, "which trains nothing and leaves no student" in said, str(run.folder) in said) == (
            2,
            True,
            True,
        ), said


def test_shots_that_the_lists_do_not_hold_are_refused(
    run: clipling.Run, tuned: FewShotFigures, aviary: Path, tmp_path: Path
) -> None:
    split = shutil.copytree(place(run, "finetune-1-draw0").split, tmp_path / "split")
    shots = place(run, "finetune-1-draw0").results["shots"]
    assert read_split(split, aviary).shots == tuple(shots)
    about = read_json(split / "split.json")
    assert about["shots"] == len(shots) == 100
    for count, said in (
        (99, "images of classes that split.json does not call seen"),
        (-1, "'shots' is -1"),
        (300, "is 300"),
    ):
        write_json(split / "split.json", about | {"shots": count})
        with pytest.raises(InputError, match=said):
            read_split(split, aviary)


def test_training_is_what_moves_the_figures(run: clipling.Run, tuned: FewShotFigures) -> None:
    shipped = load_file(run.student / "model.safetensors")
    after = load_file(place(run, "finetune-1-draw0").student / "model.safetensors")
    assert any(not torch.equal(shipped[name], value) for name, value in after.items())
    assert read_json(place(run, "finetune-1-draw0").student / "labels.json")[0]["seen"]


def test_retrieval_holds_the_student_to_the_teachers_views(
    run: clipling.Run, retrieved: FewShotFigures, aviary: Path
) -> None:
    left = place(run, "retrieval-1-draw0")
    assert retrieved.draws[0]["after"]["id"] == retrieved.draws[0]["before"]["id"], "nothing is trained"
    (stored,) = (run.folder.parent / ".clipling" / "features").glob("*-10views")
    store = FeatureStore.open(stored)
    shots, asked = left.results["shots"], read_lines(left.split / "ood.txt")
    assert len(store) == len({*shots, *place(run, "retrieval-1-draw1").results["shots"]})
    entries = [entry["class"] for entry in read_json(run.student / "labels.json")]
    text = load_file(run.student / "text.safetensors")["text"]
    image = clipling.load(run.student).encode_image([aviary / file for file in asked])
    classes = [Path(shot).parent.name for shot in shots]
    right = []
    for row, file in zip(image, asked, strict=True):
        fits = [
            float(row @ text[entries.index(label)]) + sum(np.exp(-5.5 * (1 - float(row @ key))) for key in unit(keys))
            for label, keys in zip(classes, store.rows(shots), strict=True)
        ]
        right.append(classes[int(np.argmax(fits))] == Path(file).parent.name)
    assert retrieved.draws[0]["after"]["ood"] == pytest.approx(np.mean(right)), "one image a class: mean over classes"


def test_a_learned_prompt_learns_on(tiny: dict[str, Any], runs: Path) -> None:
    prompted = {**tiny, "recipe": "cls", "text": TextConfig(prompt=2), "epochs": 1}
    run = clipling.distill(**prompted, out=runs / "few-prompted")
    figures = clipling.fewshot(run, **{**FINETUNE, "epochs": 1})
    before, after = (load_file(one.student / "prompt.safetensors") for one in (run, place(run, "finetune-1-draw0")))
    assert before["context"].shape == after["context"].shape == (2, before["context"].shape[1])
    assert not torch.equal(before["context"], after["context"])
    assert figures.draws[0]["before"].keys() == figures.draws[0]["after"].keys() == {"id", "ood"}


def test_half_shows_one_half_and_measures_both(run: clipling.Run, aviary: Path) -> None:
    figures = clipling.fewshot(run, half=True, **{**FINETUNE, "epochs": 1})
    left = place(run, "finetune-1-half-draw0")
    assert figures.draws[0]["before"].keys() == figures.draws[0]["after"].keys() == {"id", "ood1", "ood2"}
    shown = {Path(file).parent.name for file in left.results["shots"]}
    about = read_json(left.split / "split.json")
    assert (len(shown), len(about["unseen_classes"])) == (50, 100)
    assert shown < set(about["unseen_classes"])
    measured = clipling.evaluate(left, hardware=Caching(accelerator="cpu", workers=1))
    assert measured.repeated
    after = left.results["after_bundle"]
    assert measured.accuracy == {"id": after["id"], "ood_few_shot/1": after["ood1"], "ood_zero_shot": after["ood2"]}
    files = [file for file in read_lines(left.split / "ood.txt") if Path(file).parent.name not in shown]
    other = mean_accuracy(run.student, files, [Path(file).parent.name for file in files], aviary)
    assert figures.draws[0]["before"]["ood2"] == pytest.approx(other), "each half among its own classes"
    assert len(files) == 100, "the half without shots keeps all its images"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--shots", 2), "has 2 images, and one must be left to evaluate on; give --shots 1 or fewer"),
        (("--shots", 0), "--shots is 0; expected at least 1"),
        (("--shot", 2), "Did you mean --shots?"),
        (("--method", "finetuning"), 'Did you mean "finetune"?'),
        (("--method", "retrieval", "--epochs", 2), "epochs: retrieval trains nothing"),
        (("--draw", 1, "--draws", 2), "--draw is 1 and --draws 2"),
        (("--draws", 0), "--draws is 0; expected at least 1"),
        (("--lr", 0), "lr is 0"),
        (("--shots", 1, "--batch-size", 500), "--batch-size is 500, but there are only 200 training images to fill"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(
    finished: clipling.Run, runs: Path, capsys: pytest.CaptureFixture[str], options: tuple[object, ...], said: str
) -> None:
    before = contents(finished.folder)
    hardware = ("--hardware.accelerator", "cpu", "--hardware.precision", "fp32", "--hardware.workers", 0)
    status, heard = Desk(runs, capsys).run("fewshot", finished.folder, *options, *hardware)
    assert (status, said in heard) == (2, True), heard
    assert contents(finished.folder) == before


def test_the_command_prints_before_and_after(
    run: clipling.Run, tuned: FewShotFigures, capsys: pytest.CaptureFixture[str], runs: Path
) -> None:
    hardware = ("--hardware.accelerator", "cpu", "--hardware.precision", "fp32", "--hardware.workers", 1)
    status, said = Desk(runs, capsys).run("fewshot", run.folder, "--shots", 1, "--epochs", EPOCHS, *hardware)
    assert status == 0
    assert "1 shots a class, finetune, draws 0, 1, mean ± deviation" in said
    assert f"{tuned.mean['after']['ood']:.2%} ± {tuned.spread['after']['ood']:.2%}" in said
