"""Epochs from a journal with other events, repeats and gaps."""

import json
import math
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import write_jsonl, write_text
from clipling.report.journal import loss_names, read_epochs


def test_other_events_are_passed_over_and_repeats_replaced(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    rows = [
        {"event": "start"},
        {"event": "epoch", "epoch": 2, "loss": {"loss": 9.0}},
        {"event": "epoch", "epoch": 1, "loss": {"loss": 3.0}, "accuracy": {"id": 0.1}},
        {"event": "resume", "epoch": 1},
        {"event": "epoch", "epoch": 2, "loss": {"loss": 2.0}, "seconds": 4, "images_per_second": 100.5},
    ]
    write_jsonl(log, rows)
    first, second = read_epochs(log)
    assert (first.number, first.accuracy, first.seconds) == (1, {"id": 0.1}, None)
    assert (second.loss, second.seconds, second.images_per_second) == ({"loss": 2.0}, 4.0, 100.5)


def test_a_diverged_loss_is_a_gap(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    write_text(log, '{"event": "epoch", "epoch": 1, "loss": {"loss": null, "cls": 1.5}}\n')
    assert read_epochs(log)[0].loss == {"cls": 1.5}


def test_the_total_comes_first(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    write_jsonl(log, [{"event": "epoch", "epoch": 1, "loss": {"cls": 1, "im_cst": 2, "loss": 3}}])
    assert loss_names(read_epochs(log)) == ["loss", "cls", "im_cst"]


def test_no_journal_no_epochs(tmp_path: Path) -> None:
    assert read_epochs(tmp_path / "log.jsonl") == ()


@pytest.mark.parametrize(
    "row", [[1], {"event": "epoch"}, {"event": "epoch", "epoch": "one"}, {"event": "epoch", "epoch": math.inf}]
)
def test_rows_of_another_form_are_named(tmp_path: Path, row: object) -> None:
    log = tmp_path / "log.jsonl"
    write_text(log, json.dumps({"event": "start"}) + "\n" + json.dumps(row) + "\n")
    with pytest.raises(InputError, match=r"row 2|line 2"):
        read_epochs(log)
