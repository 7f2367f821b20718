from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from clipling.contracts.errors import InputError
from clipling.files import read_jsonl
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


def test_a_logger_that_is_not_installed_says_how_to_get_it(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    try:
        import wandb  # noqa: F401
    except ImportError:
        with pytest.raises(InputError, match=r"pip install 'clipling\[wandb\]'"):
            make_loggers(["wandb"], tmp_path)
