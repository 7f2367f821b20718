import math
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from clipling.contracts.errors import InputError
from clipling.files import read_jsonl
from clipling.training.config import LoggerName
from clipling.training.journal import Journal, make_loggers


def test_rows_are_kept_and_found_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "log.jsonl")
    journal.write("start", note="x")
    for epoch in (1, 2, 3):
        journal.write("epoch", epoch=epoch, loss={"loss": 1 / epoch})
    again = Journal(tmp_path / "log.jsonl")
    assert [row["epoch"] for row in again.epochs] == [1, 2, 3]
    again.forget_after(2)
    again.write("epoch", epoch=3, loss={"loss": 9.0})
    assert [row.get("loss", {}).get("loss") for row in read_jsonl(tmp_path / "log.jsonl")] == [None, 1.0, 0.5, 9.0]


def test_epochs_reach_tensorboard(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "log.jsonl", make_loggers(["tensorboard"], tmp_path))
    journal.write("epoch", epoch=4, lr=0.5, loss={"loss": 2.0, "cls": 1.5}, accuracy={"id": 0.25})
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    scalars = {tag: (events.Scalars(tag)[0].step, events.Scalars(tag)[0].value) for tag in events.Tags()["scalars"]}
    assert scalars["loss/cls"] == (4, 1.5)
    assert scalars["accuracy/id"] == (4, 0.25)


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_a_logger_that_is_not_installed_says_how_to_get_it(
    name: LoggerName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pytorch_lightning", None)  # as Python marks a module that cannot be imported
    with pytest.raises(InputError, match=rf"pip install 'clipling\[{name}\]'"):
        make_loggers([name], tmp_path)


def test_epochs_reach_wandb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb", reason="the extra 'wandb' is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    for loss in (1.5, 2.5):
        loggers = make_loggers(["wandb"], tmp_path)
        with Journal(tmp_path / "log.jsonl", loggers) as journal:
            journal.write("epoch", epoch=4, loss={"cls": loss})
            assert dict(loggers[0].experiment.summary)["loss/cls"] == loss  # type: ignore[attr-defined]
    kept = [*(tmp_path / "wandb").glob("offline-run-*/run-*.wandb")]
    assert len(kept) == 2, "each training has a run of its own"
    assert all(path.stat().st_size > 0 for path in kept)


def test_epochs_reach_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="the extra 'mlflow' is not installed")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    for ending, status in ((nullcontext(), "FINISHED"), (pytest.raises(ZeroDivisionError), "FAILED")):
        loggers = make_loggers(["mlflow"], tmp_path)
        with ending as failing, Journal(tmp_path / "log.jsonl", loggers) as journal:
            journal.write("epoch", epoch=4, loss={"cls": 1.5})
            if failing:
                _ = 1 / 0
        logger: Any = loggers[0]
        [point] = logger.experiment.get_metric_history(logger.run_id, "loss/cls")
        assert (point.step, point.value) == (4, 1.5)
        assert logger.experiment.get_run(logger.run_id).info.status == status


ROWS = ["3", "[1]", "{}", '{"event": 3}', *(f'{{"event": "epoch", {more}}}' for more in (
    '"loss": {}', '"epoch": "one"', '"epoch": 2, "accuracy": [1]', '"epoch": 2, "accuracy": {"id": "x"}',
))]  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_another_form_is_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"event": "epoch", "epoch": 1, "accuracy": {"id": 0.5}}\n')
    assert Journal(path).last_accuracies(5) == [{"id": 0.5}]
    path.write_text(f"{path.read_text()}{row}\n")
    with pytest.raises(InputError, match=r"log\.jsonl: line 2: .* is "):
        Journal(path)


def test_a_log_without_measured_epochs_is_named(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").touch()
    with pytest.raises(InputError, match=r"log\.jsonl: holds no measured epoch"):
        Journal(tmp_path / "log.jsonl").last_accuracies(5)


def test_a_diverged_loss_can_be_read_again(tmp_path: Path) -> None:
    Journal(tmp_path / "log.jsonl").write("epoch", epoch=1, loss={"loss": math.nan, "cls": math.inf, "mse": 0.5})
    assert Journal(tmp_path / "log.jsonl").epochs == [
        {"event": "epoch", "epoch": 1, "loss": {"loss": None, "cls": None, "mse": 0.5}}
    ]
