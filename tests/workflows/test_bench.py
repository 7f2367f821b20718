"""Speed, memory and size, each engine in a process of its own."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

import clipling
from clipling.workflows.bench import bench
from clipling.workflows.export import export
from clipling.workflows.speed import stopwatch
from clipling.workflows.speed.stopwatch import percentile
from workflows.desk import Desk


def test_student_export_and_teacher_side_by_side(finished: clipling.Run, tmp_path: Path):
    shutil.copytree(finished.student, tmp_path / "student")
    data = Path(finished.config["data"])
    export(tmp_path / "student", data=data, images=4)
    page = tmp_path / "speed.md"
    benched = bench(tmp_path / "student", teacher="RN50", batch=(1, 2), seconds=0.05, threads=1, to=page)
    student, graph, teacher = benched.rows
    assert (student.name, graph.name, teacher.name) == ("torch fp32", "onnx fp32", "teacher RN50 (random weights)")
    for row in benched.rows:
        assert row.p50_ms.keys() == row.p95_ms.keys() == {1, 2}
        assert 0 < row.p50_ms[1] <= row.p95_ms[1]
        assert row.images_per_second[2] == pytest.approx(2000 / row.p50_ms[2])
    assert graph.peak_memory_mb < 0.5 * student.peak_memory_mb  # it loads no torch
    assert teacher.disk_mb > student.disk_mb
    table = page.read_text()
    assert [line.split(" | ")[0] for line in table.splitlines()[2:5]] == [f"| {row.name}" for row in benched.rows]
    assert "No ONNX int8: make one with `clipling export" in table
    assert f"batch 1: torch fp32 {student.images_per_second[1] / teacher.images_per_second[1]:.1f}x" in table


def test_bad_input(finished: clipling.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    desk = Desk(tmp_path, capsys)
    for options, said in (
        (("--batch", "0"), "batch is 0; expected more than 0"),
        (("--threads", "0"), "threads is 0; expected more than 0"),
        (("--seconds", "-1"), "seconds is -1.0; expected more than 0"),
        (("--teacher", "RN51", "--seconds", "0.01", "--batch", "1", "2"), "did you mean 'RN50'?"),
        (("--to", finished.folder / "results.json"), "is there already; --overwrite replaces a file"),
    ):
        code, answer = desk.run("bench", finished.folder, *options)
        assert (code, said in answer) == (2, True), answer


def test_percentiles():
    assert percentile([float(n) for n in range(101)], 95) == 95


@pytest.mark.parametrize(
    ("budget", "at_least", "not_counted", "counted"),
    [(0.0, 7, 1, 7), (10.0, 1, 3, 10), (10.0, 12, 3, 12), (1.5, 1, 2, 2)],
)
def test_repetition(monkeypatch: pytest.MonkeyPatch, budget: float, at_least: int, not_counted: int, counted: int):
    calls: list[int] = []
    monkeypatch.setattr(stopwatch, "time", SimpleNamespace(perf_counter=lambda: len(calls)))  # a second each
    taken = stopwatch.seconds_each(lambda: calls.append(1), budget=budget, at_least=at_least)
    assert (taken, len(calls)) == ([1] * counted, not_counted + counted)
