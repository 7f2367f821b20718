"""A training on scenes: what it leaves, that it repeats, that it goes on where it stopped, what it refuses."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import clipling
from applications.pickclutter.conftest import SEEN, UNSEEN
from clipling.applications.pickclutter import training
from clipling.applications.pickclutter.evaluate import evaluate
from clipling.applications.pickclutter.train import train
from clipling.contracts.errors import InputError
from clipling.files import read_json, read_jsonl, write_jsonl
from clipling.workflows.run import Run

PARTS = {"seen_id", "seen_ood", "unseen_ood"}


def weights(run: Run) -> dict[str, torch.Tensor]:
    return load_file(run.student / "model.safetensors") | load_file(run.student / "text.safetensors")


def same(one: Run, other: Run) -> bool:
    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_holds_what_a_run_holds(finished: Run) -> None:
    results = finished.results
    assert {key.split("/")[0] for key in results["measures"]} == PARTS
    assert results["asked"] == {"seen": list(SEEN), "unseen": list(UNSEEN)}
    assert results["scenes"] == {"train": 24, "id": 8, "ood": 10}
    rows = [row for row in read_jsonl(finished.log) if row["event"] == "epoch"]
    assert rows[0]["loss"].keys() == {"loss", "cls", "im_cst"}
    assert (rows[0]["lr"], rows[1]["lr"]) == (1e-3, pytest.approx(9e-5)), "both thirds of two epochs are at one"
    assert read_json(finished.folder / "environment.json")["seconds"] > 0
    assert finished.config["recipe"] == "cls+im_cst+semantics"


def test_evaluate_repeats_the_figures_of_the_bundle(finished: Run) -> None:
    answers = evaluate(finished.folder)
    assert answers.measures == finished.results["measures_bundle"]
    assert answers.exit_status == 0


def test_verbs_of_other_runs_say_so(finished: Run) -> None:
    for verb in (clipling.evaluate, clipling.fewshot):
        with pytest.raises(InputError, match="no run of `clipling distill`"):
            verb(finished)


def test_config_yaml_makes_the_same_run(finished: Run, runs: Path) -> None:
    from clipling.cli import main

    with pytest.raises(SystemExit) as stopped:
        main(["pickclutter", "train", "--config", str(finished.folder / "config.yaml"), "--out", str(runs / "again")])
    assert not stopped.value.code
    assert same(finished, Run(runs / "again"))


def test_a_run_that_was_stopped_ends_in_the_same_weights(
    finished: Run, tiny: dict[str, Any], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = training.Journal.write

    def killed_after_the_first(self: training.Journal, event: str, **fields: Any) -> None:
        if fields.get("epoch") == 2:
            raise KeyboardInterrupt
        original(self, event, **fields)

    monkeypatch.setattr(training.Journal, "write", killed_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        train(**tiny, out=runs / "stopped")
    monkeypatch.setattr(training.Journal, "write", original)
    with pytest.raises(InputError, match="holds a run already"):
        train(**tiny, out=runs / "stopped")
    with pytest.raises(InputError, match=r"with other settings.*lr: 0.001 in the run"):
        train(**tiny, out=runs / "stopped", lr=1.0, resume=True)
    train(**tiny, out=runs / "stopped", resume=True)
    assert same(finished, Run(runs / "stopped"))


@pytest.mark.parametrize(("recipe", "prompt"), [("closed_set", 8), ("cls", 8), ("cls+im_cst", 0)])
def test_every_other_recipe_learns_something(tiny: dict[str, Any], runs: Path, recipe: str, prompt: int) -> None:
    options = {**tiny, "epochs": 3, "optimizer": "adamw", "lr": 3e-3, "recipe": recipe, "prompt": prompt}
    answers = train(**options, out=runs / f"{recipe}-{prompt}")
    run = Run(runs / f"{recipe}-{prompt}")
    losses = [row["loss"] for row in read_jsonl(run.log) if row["event"] == "epoch"]
    assert losses[-1]["loss"] < losses[0]["loss"]
    parts = {key.split("/")[0] for key in answers.measures}
    assert parts == (PARTS - {"unseen_ood"} if recipe == "closed_set" else PARTS)
    assert (run.student / "prompt.safetensors").exists() == bool(prompt)
    assert float(weights(run)["score_bias"]) != 0


def test_ones_own_descriptions_are_the_texts(tiny: dict[str, Any], runs: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    write_jsonl(own, [{"class": one, "text": f"looks like a {one[4:]}"} for one in (*SEEN, *UNSEEN)])
    train(**{**tiny, "epochs": 1}, out=runs / "own", descriptions=own)
    texts = {row["model_id"]: row["text"] for row in read_json(runs / "own" / "student" / "objects.json")}
    assert texts["036_wood_block"] == "wood block . looks like a wood_block"
    assert Run(runs / "own").config["descriptions"] == str(own)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"recipe": "cls+semantics"}, "unknown recipe"),
        ({"epochs": 0}, "epochs is 0; expected at least 1"),
        ({"lr": 0.0}, "lr is 0.0"),
        ({"train": Path("absent.h5")}, "absent.h5: no such file"),
        ({"descriptions": Path("absent.jsonl")}, "absent.jsonl: no such file; expected a descriptions.jsonl"),
        ({"descriptions": Path(__file__), "recipe": "cls"}, "expected none, as 'cls' uses none"),
        ({"student": "efficientnet_b00"}, "did you mean"),
        ({"batch_size": 25}, "--batch-size is 25, but there are only 24 training images"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is_written(
    tiny: dict[str, Any], tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        train(**{**tiny, **wrong}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_objects_that_no_training_scene_has_are_named_where_only_seen_ones_belong(
    tiny: dict[str, Any], files: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"ood\.h5: episode 'episode_\d+': unknown object '0(17_or|36_wood_bl)"):
        train(**{**tiny, "id": files / "ood.h5"}, out=tmp_path / "run")
