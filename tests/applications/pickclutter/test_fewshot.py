import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from applications.pickclutter.conftest import HARDWARE
from clipling.applications.pickclutter.evaluate import evaluate
from clipling.applications.pickclutter.fewshot import fewshot
from clipling.applications.pickclutter.train import train
from clipling.contracts.errors import InputError
from clipling.files import read_json, read_jsonl
from clipling.workflows.run import Run

SHORT: dict[str, Any] = {"epochs": 2, "batch_size": 8, "hardware": HARDWARE}


def test_shots_bring_unseen_objects_into_training(finished: Run, files: Path) -> None:
    answers = fewshot(finished, files / "fewshot.h5", **SHORT)
    place = Run(finished.folder / "fewshot")
    assert answers.before == pytest.approx(finished.results["measures_bundle"])
    assert all(row["taught"] for row in read_json(place.student / "objects.json"))
    rates = [row["lr"] for row in read_jsonl(place.log) if row["event"] == "epoch"]
    assert len(rates) == 2
    assert all(rate <= 5e-4 for rate in rates), "one cycle"
    assert evaluate(place).exit_status == 0
    stamp = (place.folder / "results.json").stat().st_mtime_ns
    assert fewshot(finished, files / "fewshot.h5", **SHORT).measures == answers.measures
    assert (place.folder / "results.json").stat().st_mtime_ns == stamp, "what is finished is only shown"
    with pytest.raises(InputError, match=r"with other settings.*epochs: 2 in the run"):
        fewshot(finished, files / "fewshot.h5", **{**SHORT, "epochs": 3})


def test_a_closed_set_keeps_its_vectors_and_gets_new_ones(tiny: dict[str, Any], runs: Path, files: Path) -> None:
    train(**tiny, out=runs / "closed", recipe="closed_set")
    run = Run(runs / "closed")
    answers = fewshot(run, files / "fewshot.h5", **{**SHORT, "lr": 1e-9})
    assert answers.before is not None
    assert "unseen_ood/accuracy" in answers.measures.keys() - answers.before.keys()
    before, after = (
        load_file(folder / "student" / "text.safetensors")["pairs"] for folder in (run.folder, run.folder / "fewshot")
    )
    assert (len(before), len(after)) == (6, 10)
    torch.testing.assert_close(after[[0, 1, 2, 5, 6, 7]], before, atol=1e-4, rtol=0)


def test_the_first_ood_scenes_may_be_shown_and_the_others_measure(finished: Run, files: Path, runs: Path) -> None:
    run = Run(runs / "copy")
    shutil.copytree(finished.folder, run.folder, ignore=shutil.ignore_patterns("fewshot"))
    with pytest.raises(InputError, match="none is left to measure on"):
        fewshot(run, files / "ood.h5", **SHORT)
    with pytest.raises(InputError, match="scenes is 11; expected 1 to 10"):
        fewshot(run, files / "ood.h5", scenes=11, **SHORT)
    fewshot(run, files / "ood.h5", scenes=4, **{**SHORT, "epochs": 1})
    results = Run(run.folder / "fewshot").results
    assert results["scenes"] == {"train": 24, "shots": 4, "id": 8, "ood": 6}


def test_a_run_of_another_verb_is_refused(tmp_path: Path, files: Path) -> None:
    (tmp_path / "config.yaml").write_text("data: a\nteacher: b\n")
    with pytest.raises(InputError, match="no run of `clipling pickclutter train`"):
        fewshot(tmp_path, files / "fewshot.h5")
