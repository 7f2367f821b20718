"""Runs gathered into rows, worked by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from clipling.contracts.errors import InputError
from clipling.report.record import read_run
from clipling.report.tables import differing_settings, results_table, to_markdown

from .conftest import change


def test_seeds_become_mean_and_deviation(make_run: Callable[..., Path]) -> None:
    runs = [make_run(f"r{seed}", seed=seed) for seed in range(3)]
    for run, accuracy in zip(runs, (0.40, 0.42, 0.47), strict=True):
        change(run / "results.json", accuracy={"id": 0.6, "ood_zero_shot": accuracy})
    row, teacher = results_table([read_run(run) for run in runs])
    cell = row.cells["ood_zero_shot"]
    assert (row.name, row.seeds, cell.count) == ("paper", (0, 1, 2), 3)
    assert cell.mean == pytest.approx(0.43)
    assert cell.deviation == pytest.approx(0.0360555, abs=1e-6)
    assert row.cells["id"].deviation == 0
    assert "harmonic_mean" not in row.cells
    assert teacher.is_teacher
    assert teacher.cells["id"].mean == 0.88


def test_other_settings_stay_other_rows_named_by_the_difference(make_run: Callable[..., Path]) -> None:
    runs = [make_run("a"), make_run("b", seed=1), make_run("c", image_size=32), make_run("d", recipe="cls")]
    rows = results_table([read_run(run) for run in runs])
    assert [row.name for row in rows] == [
        "paper (image_size 224)",
        "paper (image_size 32)",
        "cls",
        "teacher: ViT-L-14/openai",
    ]
    assert rows[0].seeds == (0, 1)


def test_hardware_and_places_make_no_other_experiment(make_run: Callable[..., Path]) -> None:
    records = [read_run(make_run("a")), read_run(make_run("b", hardware={"workers": 7}, out="elsewhere", seed=4))]
    assert differing_settings(records) == []
    assert len(results_table(records)) == 2


def test_a_teacher_asked_with_descriptions_is_told_from_the_same_asked_with_names(
    make_run: Callable[..., Path],
) -> None:
    told = make_run("told")
    config = yaml.safe_load((told / "config.yaml").read_text())
    (told / "config.yaml").write_text(yaml.safe_dump({**config, "text": {"descriptions": "own"}}))
    rows = results_table([read_run(make_run("named")), read_run(told)])
    assert [row.name for row in rows if row.is_teacher] == [
        "teacher: ViT-L-14/openai",
        "teacher: ViT-L-14/openai, descriptions own",
    ]


def test_teachers_that_differ_each_have_a_row(make_run: Callable[..., Path]) -> None:
    records = [read_run(make_run("a")), read_run(make_run("b", teacher="RN50/openai"))]
    assert [row.name for row in results_table(records) if row.is_teacher] == [
        "teacher: ViT-L-14/openai",
        "teacher: RN50/openai",
    ]


def test_markdown(make_run: Callable[..., Path]) -> None:
    run = make_run("a", recipe="a|b")
    change(
        run / "results.json",
        accuracy={"id": 0.6132, "ood_zero_shot": 0.4108, "harmonic_mean": 0.3},
        teacher_kept={"id": 0.5},
        teacher={"id": 0.88},
    )
    assert to_markdown(results_table([read_run(run)])) == (
        "| Run | Seeds | Seen (ID) | Unseen (zero-shot OOD) | H | Teacher kept, seen |\n"
        "| --- | --- | ---: | ---: | ---: | ---: |\n"
        "| a\\|b | 0 | 61.3 | 41.1 | 30.0 | 50.0 |\n"
        "| teacher: ViT-L-14/openai | – | 88.0 | – | – | – |\n"
    )


def test_several_runs_in_markdown_show_their_spread(make_run: Callable[..., Path]) -> None:
    runs = [make_run("a"), make_run("b", seed=1, lift=0.02)]
    assert "42.1 ± 1.4 (2)" in to_markdown(results_table([read_run(run) for run in runs]))


def test_without_unseen_classes_their_columns_are_gone(make_run: Callable[..., Path]) -> None:
    header = to_markdown(results_table([read_run(make_run(unseen=False))])).splitlines()[0]
    assert header == "| Run | Seeds | Seen (ID) | Teacher kept, seen |"


def test_no_run_is_an_error() -> None:
    with pytest.raises(InputError, match="no run was given"):
        results_table([])
