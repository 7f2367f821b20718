"""Runs read back, and what is said about folders that are none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.report.record import read_run

from .conftest import change


def test_record_holds_what_the_files_say(make_run: Callable[..., Path]) -> None:
    record = read_run(make_run("r", recipe="cls", seed=3))
    assert (record.name, record.recipe, record.seed, record.student) == ("r", "cls", 3, "resnet18")
    assert record.accuracy["id"] == 0.6132
    assert record.accuracy["ood_few_shot/5"] == 0.57
    assert record.coherence["ood"]["m_neigh/3"] == 0.44
    assert len(record.classes) == 24
    assert {item.label.split("_")[0] for item in record.unseen} == {"gold"}
    assert record.names["gold_ring"] == "gold ring"
    assert [epoch.number for epoch in record.epochs] == list(range(1, 31))
    low, high = record.intervals["id"]
    assert low < record.accuracy_bundle["id"] < high


def test_what_was_not_measured_is_absent(make_run: Callable[..., Path]) -> None:
    record = read_run(make_run(unseen=False))
    assert list(record.accuracy) == ["id"]
    assert not record.unseen


def test_a_null_is_not_measured(make_run: Callable[..., Path]) -> None:
    run = make_run()
    change(run / "results.json", accuracy={"id": 0.5, "ood_zero_shot": None})
    assert read_run(run).accuracy == {"id": 0.5}


def test_optional_files_and_fields_may_be_missing(make_run: Callable[..., Path]) -> None:
    run = make_run()
    for name in ("environment.json", "log.jsonl", "predictions.jsonl"):
        (run / name).unlink()
    change(run / "results.json", intervals=..., confused=..., accuracy_std=..., coherence=...)
    record = read_run(run)
    assert record.epochs == ()
    assert record.environment == {}
    assert record.confused == ()


def test_recipe_falls_back_to_the_folder(make_run: Callable[..., Path]) -> None:
    run = make_run("nameless")
    (run / "config.yaml").write_text("seed: 1\n")
    record = read_run(run)
    assert record.recipe == "nameless"
    assert record.data_root is None


def test_unfinished_run_says_how_to_finish(make_run: Callable[..., Path]) -> None:
    run = make_run()
    (run / "results.json").unlink()
    with pytest.raises(InputError, match=r"unfinished.*--resume"):
        read_run(run)


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run"):
        read_run(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_run(tmp_path / "absent")


def test_another_schema_is_refused(make_run: Callable[..., Path]) -> None:
    run = make_run()
    change(run / "results.json", schema=2)
    with pytest.raises(InputError, match="'schema' is 2, this version of clipling reads 1"):
        read_run(run)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"accuracy": {"id": 61.3}}, "'accuracy.id' is 61.3, expected a number between 0 and 1"),
        ({"accuracy": {"id": True}}, "'accuracy.id' is True"),
        ({"teacher": {"id": "high"}}, "'teacher.id' is 'high'"),
        ({"accuracy": [0.5]}, "'accuracy' is .*expected a mapping"),
        ({"intervals": {"id": [0.1]}}, "'intervals.id' is .*expected two numbers"),
        ({"confused": {"a": "b"}}, "'confused' is .*expected a list"),
        ({"confused": [{"part": "id", "class": ""}]}, "'confused row 1: class' is ''"),
        ({"per_class": {"a": -1}}, "'per_class.a' is -1"),
    ],
)
def test_damaged_results_name_the_field(make_run: Callable[..., Path], fields: dict, message: str) -> None:
    run = make_run()
    change(run / "results.json", **fields)
    with pytest.raises(InputError, match=message):
        read_run(run)


def test_damaged_settings_and_results_files(make_run: Callable[..., Path]) -> None:
    run = make_run()
    (run / "config.yaml").write_text("a: [1\n")
    with pytest.raises(InputError, match=r"config\.yaml: not valid YAML"):
        read_run(run)
    (run / "results.json").write_text(json.dumps([1]))
    with pytest.raises(InputError, match="'results' is"):
        read_run(run)
