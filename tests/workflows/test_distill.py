import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

import clipling
from clipling.contracts.errors import InputError
from clipling.data.split import read_split
from clipling.files import read_json, read_jsonl, write_jsonl
from clipling.recipes import RECIPES, get_recipe
from clipling.workflows.distillation import stages
from workflows.make_golden import GOLDEN, arithmetic, capability, loss_curve

KEYS = {"id", "ood_zero_shot", "joint_seen", "joint_unseen", "harmonic_mean"}


def weights(run: clipling.Run) -> dict[str, torch.Tensor]:
    return load_file(run.student / "model.safetensors")


def same(one: clipling.Run, other: clipling.Run) -> bool:
    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_holds_what_the_stages_promise(finished: clipling.Run, aviary: Path) -> None:
    names = {entry.name for entry in finished.folder.iterdir()}
    assert {"config.yaml", "environment.json", "log.jsonl", "checkpoints", "student", "split"} <= names
    assert {"predictions.jsonl", "results.json", "report.html", "tensorboard"} <= names
    results = finished.results
    assert results["schema"] == 1
    assert results["accuracy"].keys() == results["accuracy_bundle"].keys() == results["teacher"].keys() == KEYS
    assert all(
        0 <= value <= 1 for part in ("accuracy", "accuracy_bundle", "teacher") for value in results[part].values()
    )
    assert results["epochs_averaged"] == 2
    assert len(results["per_class"]) == 200
    assert results["coherence"].keys() == {"id", "ood"}
    epochs = [row for row in read_jsonl(finished.log) if row["event"] == "epoch"]
    assert [row["epoch"] for row in epochs] == [1, 2]
    assert epochs[-1]["loss"].keys() == {"loss", "cls", "mse", "im_cst", "vl_prox"}
    split = read_split(aviary / "split", aviary)
    predictions = read_jsonl(finished.folder / "predictions.jsonl")
    assert [row["file"] for row in predictions] == [*split.id, *split.ood]


def test_accuracy_is_the_mean_of_the_last_epochs_and_of_predictions(finished: clipling.Run) -> None:
    logged = [row["accuracy"]["ood_zero_shot"] for row in read_jsonl(finished.log) if "accuracy" in row]
    assert finished.results["accuracy"]["ood_zero_shot"] == pytest.approx(sum(logged) / len(logged))
    for part, key in (("id", "id"), ("ood", "ood_zero_shot")):
        rows = [row for row in read_jsonl(finished.folder / "predictions.jsonl") if row["part"] == part]
        for who, recorded in (("student", "accuracy_bundle"), ("teacher", "teacher")):
            right = sum(row[who][0][0] == row["class"] for row in rows) / len(rows)
            assert right == pytest.approx(finished.results[recorded][key])  # every class has as many images


def test_the_teacher_knows_the_birds(finished: clipling.Run) -> None:
    assert finished.results["teacher"]["id"] > 0.8
    assert finished.results["teacher"]["ood_zero_shot"] > 0.8


def test_evaluate_repeats_the_shipped_figures_exactly(finished: clipling.Run, tmp_path: Path) -> None:
    measured = clipling.evaluate(finished)
    assert measured.repeated
    assert measured.accuracy == finished.results["accuracy_bundle"]


SAME_ARITHMETIC = 1e-4
OTHER_ORDER_OF_SUMS = 2e-3
"""Same kernels and versions, another processor or other threads: up to 3e-4 was seen. Other seeds differ by 2e-2."""
OTHER_KERNELS = 5e-2
"""Resized pixels a grey level apart, or another torch: 3.3e-2 was seen. A missing loss or filter costs far more."""


def test_golden_loss_curves(finished: clipling.Run) -> None:
    golden = read_json(GOLDEN)
    curve = golden.get(capability(), golden["AVX2"])
    made_with, here = curve["made_with"], arithmetic()
    tolerance = OTHER_ORDER_OF_SUMS
    if capability() not in golden or made_with["versions"] != here["versions"]:
        tolerance = OTHER_KERNELS
    elif made_with == here:
        tolerance = SAME_ARITHMETIC
    for expected, seen in zip(curve["paper"], loss_curve(finished), strict=True):
        assert seen == pytest.approx(expected, rel=tolerance)


def test_the_same_command_gives_the_same_weights_and_another_seed_does_not(
    finished: clipling.Run, tiny: dict[str, Any], runs: Path
) -> None:
    assert same(finished, clipling.distill(**tiny, out=runs / "again"))
    assert not same(finished, clipling.distill(**tiny, out=runs / "other-seed", seed=1))


def test_config_yaml_makes_the_same_run(finished: clipling.Run, runs: Path) -> None:
    from clipling.cli import main

    config = yaml.safe_load((finished.folder / "config.yaml").read_text())
    assert config["recipe"] == "paper"
    with pytest.raises(SystemExit) as stopped:
        main(["distill", "--config", str(finished.folder / "config.yaml"), "--out", str(runs / "from-config")])
    assert stopped.value.code == 0
    assert same(finished, clipling.Run(runs / "from-config"))


def test_workers_change_nothing(finished: clipling.Run, tiny: dict[str, Any], runs: Path) -> None:
    hardware = replace(tiny["hardware"], workers=2, cache_gb=0.0)
    assert same(finished, clipling.distill(**{**tiny, "hardware": hardware}, out=runs / "two-workers-uncached"))


def test_a_second_run_over_the_first_refuses_unless_told(tiny: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "run"
    run = clipling.distill(**tiny, out=out)
    first = weights(run)
    with pytest.raises(InputError, match=r"holds a run already; --resume continues it, --overwrite discards it"):
        clipling.distill(**tiny, out=out)
    assert all(torch.equal(first[name], value) for name, value in weights(run).items())
    clipling.distill(**tiny, out=out, seed=3, overwrite=True)
    assert run.results["seed"] == 3


def test_a_folder_of_something_else_is_never_touched(tiny: dict[str, Any], tmp_path: Path) -> None:
    precious = tmp_path / "thesis.tex"
    precious.write_text("words")
    with pytest.raises(InputError, match="not empty, and no run of Clipling's"):
        clipling.distill(**tiny, out=tmp_path, overwrite=True)
    assert precious.read_text() == "words"
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_resume_with_other_settings_names_them(finished: clipling.Run, tiny: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"cannot resume with other settings \(epochs: 2 in the run, 3 now\)"):
        clipling.distill(**{**tiny, "epochs": 3}, out=finished.folder, resume=True)


def test_init_from_starts_from_the_weights_of_another_run(
    finished: clipling.Run, tiny: dict[str, Any], runs: Path
) -> None:
    gentle = replace(get_recipe("paper").optimizer, lr=1e-12, weight_decay=0.0)
    child = clipling.distill(**tiny, out=runs / "child", init_from=finished.folder, optimizer=gentle, guards=False)
    parent = weights(finished)
    for name, value in weights(child).items():
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(value, parent[name], rtol=0, atol=1e-6)
    other = clipling.distill(**{**tiny, "student": "test_vit", "epochs": 1}, out=runs / "vit")
    with pytest.raises(InputError, match=r"do not fit a test_resnet.*choose the same --student"):
        clipling.distill(**tiny, out=runs / "no-vit", init_from=other.folder)


def test_a_student_of_every_class_has_no_unseen_part(
    aviary: Path, tiny: dict[str, Any], runs: Path, tmp_path: Path
) -> None:
    clipling.split(aviary, tmp_path / "all-seen", seen=1.0, holdout=0.3)
    run = clipling.distill(**{**tiny, "split": tmp_path / "all-seen"}, out=runs / "every-class")
    assert run.results["accuracy"].keys() == {"id"}
    assert (run.folder / "report.html").stat().st_size > 10_000


def test_without_a_split_half_of_the_classes_stay_unseen(aviary: Path, tiny: dict[str, Any], runs: Path) -> None:
    run = clipling.distill(**{**tiny, "split": None, "epochs": 1}, out=runs / "own-split")
    about = read_json(run.split / "split.json")
    assert len(about["seen_classes"]) == len(about["unseen_classes"]) == 100


@pytest.fixture(scope="session")
def captioned(aviary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same birds with a caption for every training image."""
    root = tmp_path_factory.mktemp("captioned") / "aviary"
    root.mkdir()
    for name in ("images", "classes.csv", "descriptions.jsonl"):
        (root / name).symlink_to(aviary / name)
    files = read_split(aviary / "split", aviary).train
    rows = [
        {"file": file, "text": f"a picture of {file.split('/')[1]}", "model": "test", "prompt": ""} for file in files
    ]
    (root / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_runs(recipe: str, tiny: dict[str, Any], captioned: Path, runs: Path) -> None:
    losses = RECIPES[recipe].losses
    data = captioned if losses.cap else tiny["data"]
    guards = recipe != "shuffled"  # another species' description leaves the teacher at chance, and is refused
    run = clipling.distill(
        **{**tiny, "data": data, "epochs": 1, "guards": guards}, out=runs / f"recipe-{recipe}", recipe=recipe
    )
    [row] = [row for row in read_jsonl(run.log) if row["event"] == "epoch"]
    assert row["loss"].keys() - {"loss"} == losses.weights.keys()
    parts = {name: weight * row["loss"][name] for name, weight in losses.weights.items()}
    assert min(parts.values()) >= 0
    assert row["loss"]["loss"] == pytest.approx(sum(parts.values()), rel=1e-5)


def test_a_transformer_trains_with_its_own_preset(tiny: dict[str, Any], runs: Path) -> None:
    run = clipling.distill(**{**tiny, "student": "test_vit", "epochs": 1}, out=runs / "transformer")
    config = run.config
    assert (config["optimizer"]["name"], config["schedule"]["name"]) == ("adamw", "one_cycle")
    assert config["augmentation"] == {"crop_scale": [0.08, 1.0], "flip": False, "randaugment": [2, 9]}


def test_captions_train_when_they_are_there(tiny: dict[str, Any], captioned: Path, tmp_path: Path) -> None:
    losses = replace(RECIPES["cls"].losses, cap=1.0)
    run = clipling.distill(**{**tiny, "data": captioned, "epochs": 1}, out=tmp_path / "run", losses=losses)
    assert read_jsonl(run.log)[-1]["loss"]["cap"] > 0
    with pytest.raises(InputError, match=r"captions\.jsonl"):
        clipling.distill(**{**tiny, "epochs": 1}, out=tmp_path / "none", losses=losses)


def test_descriptions_are_appended_to_the_text(tiny: dict[str, Any], runs: Path) -> None:
    text = replace(get_recipe("paper").text, descriptions="own")
    run = clipling.distill(**{**tiny, "epochs": 1}, out=runs / "described", text=text)
    labels = read_json(run.student / "labels.json")
    assert all(row["text"].startswith(f"a photo of {row['name']} . ") for row in labels)


def test_resume_refuses_other_images_than_the_run_was_begun_with(tiny: dict[str, Any], tmp_path: Path) -> None:
    split = tmp_path / "split"
    shutil.copytree(tiny["split"], split)
    run = clipling.distill(**{**tiny, "split": split, "epochs": 1}, out=tmp_path / "run")
    (run.folder / "results.json").unlink()
    lines = (split / "train.txt").read_text().splitlines(keepends=True)
    (split / "train.txt").write_text("".join(lines[:-1]))
    with pytest.raises(InputError, match=r"train\.txt: the run was begun with other images than now"):
        clipling.distill(**{**tiny, "split": split, "epochs": 1}, out=run.folder, resume=True)


@pytest.fixture
def own_data(aviary: Path, captioned: Path, tmp_path: Path) -> Path:
    """The captioned birds, to be changed; labels.csv names the class of each image, training images first and last."""
    root = Path(shutil.copytree(captioned, tmp_path / "data"))
    split = read_split(aviary / "split", aviary)
    files = [split.train[0], *split.id, *split.ood, *split.train[1:]]
    rows = [f"{file},{split.labels[file]}\n" for file in files]
    (root / "labels.csv").write_text("".join(["file,class\n", *rows]))
    return root


def test_resume_refuses_texts_captions_and_weights_other_than_the_run_was_begun_with(
    tiny: dict[str, Any], own_data: Path, tmp_path: Path
) -> None:
    spec = f"local-dir:{shutil.copytree(teacher_folder(tiny), tmp_path / 'teacher')}"
    command = {**tiny, "data": own_data, "teacher": spec, "epochs": 1, "out": tmp_path / "run"}
    command |= {"losses": replace(RECIPES["cls"].losses, cap=1.0)}
    command |= {"text": replace(get_recipe("paper").text, descriptions="own")}
    run = clipling.distill(**command)
    (run.folder / "results.json").unlink()
    another_text = r"was begun with 'a photo of .*' as the text of class '.*', which is 'a photo"
    changes = [
        (own_data / "captions.jsonl", shout, r"captions\.jsonl: other captions of training images than the run in"),
        (own_data / "descriptions.jsonl", shout, another_text),
        (own_data / "classes.csv", rename, another_text),
        (own_data / "labels.csv", exchange, "images of the split have other classes than when the run in"),
        (tmp_path / "teacher" / "open_clip_model.safetensors", retune, r"teacher: other weights \(SHA-256 .* learned"),
    ]
    for file, change, message in changes:
        before = file.read_bytes()
        change(file)
        with pytest.raises(InputError, match=message):
            clipling.distill(**command, resume=True)
        file.write_bytes(before)
    assert clipling.distill(**command, resume=True).is_finished


def test_what_an_older_version_began_is_resumed_as_it_is_now_and_says_so(
    tiny: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = {**tiny, "epochs": 1, "out": tmp_path / "run"}
    command["text"] = replace(get_recipe("paper").text, prompt=4)
    run = clipling.distill(**command)
    before = run.begun.read_bytes()
    for file in (run.begun, run.folder / "results.json"):
        file.unlink()
    assert clipling.distill(**command, resume=True).is_finished
    assert "does not record what it was begun with" in capsys.readouterr().err
    assert run.begun.read_bytes() == before


def teacher_folder(tiny: dict[str, Any]) -> str:
    return str(tiny["teacher"]).removeprefix("local-dir:")


def shout(file: Path) -> None:
    rows = [{**row, "text": row["text"].upper()} for row in read_jsonl(file)]
    write_jsonl(file, rows)


def rename(file: Path) -> None:
    head, first, *rest = file.read_text().splitlines(keepends=True)
    label, name, *more = first.split(",")
    file.write_text("".join([head, ",".join([label, f"great {name}", *more]), *rest]))


def exchange(file: Path) -> None:
    rows = file.read_text().splitlines(keepends=True)
    (one, a), (other, b) = (row.split(",") for row in (rows[1], rows[-1]))
    file.write_text("".join([rows[0], f"{one},{b}", *rows[2:-1], f"{other},{a}"]))


def retune(file: Path) -> None:
    weights = load_file(file)
    save_file({**weights, "logit_scale": weights["logit_scale"] + 1}, file)


def test_what_ships_is_complete_before_the_results_say_that_the_run_is_finished(
    tiny: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, write = list[dict[str, Any] | None](), stages.write_json

    def told(path: Path, value: Any) -> None:
        if path.name == "results.json":
            shipped.append(read_json(tmp_path / "run" / "student" / "config.json")["results"])
        write(path, value)

    monkeypatch.setattr(stages, "write_json", told)
    run = clipling.distill(**{**tiny, "epochs": 1}, out=tmp_path / "run")
    assert len(shipped) == 1
    assert shipped[0]
    assert shipped[0]["accuracy"] == run.results["accuracy"]


def test_any_seed_will_do(tiny: dict[str, Any], tmp_path: Path) -> None:
    run = clipling.distill(**{**tiny, "epochs": 1}, out=tmp_path / "run", seed=20_231_121)
    assert run.results["seed"] == 20_231_121
