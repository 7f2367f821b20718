"""Tables of the paper on the aviary, at the tiny budget."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clipling.aviary import teacher_spec, write_aviary
from clipling.contracts.errors import InputError
from clipling.data.split import read_split, write_split
from clipling.files import read_json, write_json, write_jsonl
from clipling.report.records import read_records
from clipling.training.config import Hardware
from clipling.workflows.reproduce import Reproduced, reproduce
from clipling.workflows.reproduction import parts as job_parts
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.parts import PARTS, Part
from clipling.workflows.run import Run
from workflows.desk import Desk


@pytest.fixture(scope="module")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_aviary(tmp_path_factory.mktemp("reproduced") / "aviary", train=2, held_out=6)


@pytest.fixture(scope="module")
def options(birds: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "data": [birds],
        "teacher": teacher_spec(),
        "student": "test_resnet",
        "budget": "tiny",
        "seeds": (0,),
        "hardware": Hardware(accelerator="cpu", precision="fp32", workers=0),
        "out": tmp_path_factory.mktemp("out"),
    }


@pytest.fixture(scope="module")
def made(options: dict[str, Any]) -> Reproduced:
    return reproduce("table1", **options, rows=["cls", "teacher"])


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*_: object, **__: object) -> None:
        raise AssertionError("nothing should be trained")

    monkeypatch.setattr(job_parts, "distill", train)
    monkeypatch.setattr(job_parts, "fewshot", train)


def test_a_table_from_nothing_to_three_files(made: Reproduced, options: dict[str, Any]) -> None:
    assert [path.name for path in made.files] == ["table1.md", "table1.tex", "table1.csv"]
    assert not made.failed
    assert made.exit_status == 0
    results = {record.label: record.figures for record in read_records(options["out"] / "records")}
    assert results["teacher"]["teacher"]["ood_zero_shot"] > 0.8
    student = results["cls@test_resnet"]
    cell = [
        student["student"]["accuracy/id"],
        student["student"]["accuracy/ood_zero_shot"],
        student["finetune"]["after/ood"],
    ]
    assert f"| cls | {' / '.join(f'{100 * value:.1f}' for value in cell)} [" in made.text
    assert "[65.4 / 12.8 / 30.3]" in made.text.split("| cls")[1].splitlines()[0]  # the paper's average
    assert "[" not in made.text.split("| teacher")[1].splitlines()[0]  # but for another teacher
    assert made.text == (options["out"] / "table1.md").read_text()


def test_student_and_teacher_are_asked_with_every_kind_of_text(made: Reproduced, options: dict[str, Any]) -> None:
    records = options["out"] / "records of texts"
    reproduce("text_claims", **options, records=records, rows=["semantics", "teacher"])
    figures = {record.label: record.figures for record in read_records(records)}
    student, teacher = figures["semantics@test_resnet"], figures["teacher"]
    kinds = {"names", "own", "shuffled", "random_words"}
    assert {key.partition("/")[0] for key in student["other_texts"]} == kinds
    for key in ("id", "ood_zero_shot", "joint_seen", "joint_unseen"):
        assert student["other_texts"][f"own/{key}"] == student["student"][f"accuracy_bundle/{key}"]
        assert teacher["teacher_other_texts"][f"names/{key}"] == teacher["teacher"][key]
    told = {kind: teacher["teacher_other_texts"][f"{kind}/ood_zero_shot"] for kind in kinds}
    assert min(told["names"], told["own"]) > 0.8 > 2 * told["shuffled"]


def test_what_is_recorded_is_not_run_again_even_where_the_run_is_gone(
    made: Reproduced, options: dict[str, Any], forbidden: None, tmp_path: Path
) -> None:
    elsewhere = {**options, "out": tmp_path, "records": options["out"] / "records"}
    assert reproduce("table1", **elsewhere, rows=["cls", "teacher"]).text == made.text


def test_a_killed_job_goes_on_with_what_is_missing(
    made: Reproduced, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    [path] = (options["out"] / "records").glob("*cls*.json")
    record = read_json(path)
    shots = record["figures"].pop("finetune")
    write_json(path, record)
    monkeypatch.setattr(job_parts, "distill", lambda *_, **__: pytest.fail("the student is trained already"))
    assert reproduce("table1", **options, rows=["cls", "teacher"]).text == made.text
    assert read_json(path)["figures"]["finetune"] == shots


def test_a_dry_run_says_what_and_how_long_and_writes_nothing(
    made: Reproduced, options: dict[str, Any], forbidden: None, tmp_path: Path
) -> None:
    records = options["out"] / "records"
    told = reproduce("ledger", **{**options, "out": tmp_path, "seeds": (0, 1)}, records=records, dry_run=True).text
    seeds = [line.split("-seed")[1][0] for line in told.splitlines() if "-seed" in line]
    assert seeds == sorted(seeds)
    assert set(seeds) == {"0", "1"}
    assert "by 1 finished runs" in told
    assert "half" in next(line for line in told.splitlines() if line.startswith("aviary-semantics@test_resnet-seed0"))
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_tells_that_a_run_that_is_gone_is_trained_again_for_what_is_missing(
    made: Reproduced, options: dict[str, Any], forbidden: None, tmp_path: Path
) -> None:
    records = options["out"] / "records"
    asked: dict[str, Any] = {**options, "records": records, "rows": ["cls"], "dry_run": True}
    here, gone = (reproduce("ledger", **{**asked, "out": out}).text for out in (options["out"], tmp_path))
    assert ": retrieval; about" in here
    assert ": student, retrieval; about" in gone


def test_figure_1_is_drawn_from_the_records(made: Reproduced, options: dict[str, Any], forbidden: None) -> None:
    drawn = reproduce("figure1", **options, rows=["cls"])
    assert [path.name for path in drawn.files[-2:]] == ["figure1.svg", "figure1.png"]
    assert "cls" in drawn.files[-2].read_text()


def test_captions_of_other_images_leave_a_job_as_it_is(
    options: dict[str, Any], birds: Path, forbidden: None, tmp_path: Path
) -> None:
    data = shutil.copytree(birds, tmp_path / "birds")
    split = read_split(data / "split", data)

    def captioned(table: str, **texts: str) -> str:
        said = [{"file": file, "text": text} for part, text in texts.items() for file in getattr(split, part)]
        write_jsonl(data / "captions.jsonl", said)
        asked = {**options, "data": [data], "rows": ["captions"], "dry_run": True}
        return reproduce(table, **asked).text.partition(":")[0]

    usual = captioned("ledger", train="a bird")
    assert captioned("ledger", train="a bird", ood="a bird") == usual
    assert captioned("ledger", train="a grey bird") != usual
    with pytest.raises(InputError, match=r"none of its rows can be made:\n.*every image of its train list"):
        captioned("ledger", ood="a bird")
    with_shots = captioned("table5", train="a bird", ood="a bird")
    assert captioned("table5", train="a bird", ood="a grey bird") != with_shots
    with pytest.raises(InputError, match=r"none of its rows can be made:\n.*every image of its ood list"):
        captioned("table5", train="a bird")


def test_a_data_set_that_is_here_has_a_name(
    options: dict[str, Any], birds: Path, forbidden: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(birds)
    told = reproduce("table1", **{**options, "data": "."}, rows=["mse"], dry_run=True).text
    assert told.startswith("aviary-mse@test_resnet-seed0-")


def test_a_dry_run_tells_which_recorded_runs_a_figure_trains_again(
    options: dict[str, Any], forbidden: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Job, "missing", lambda *_: ())
    anew = {**options, "out": tmp_path, "dry_run": True}
    assert "0 of 1 jobs to do" in reproduce("figure4", **anew).text
    told = reproduce("figure2b", **anew).text.splitlines()
    assert [line.split(":")[1].split(";")[0] for line in told[:2]] == [" student", " student"]
    assert told[2].startswith("2 of 2 jobs to do")


def test_from_python_a_data_set_and_a_row_may_stand_alone(
    options: dict[str, Any], forbidden: None, tmp_path: Path
) -> None:
    alone = {**options, "data": str(options["data"][0]), "rows": "cls", "out": tmp_path}
    assert "1 of 1 jobs to do" in reproduce("table1", **alone, dry_run=True).text


def test_rows_that_cannot_be_made_are_named_and_the_others_made(options: dict[str, Any], forbidden: None) -> None:
    told = reproduce("table7", **options, dry_run=True)
    assert len(told.left_out) == 3
    assert "descriptions-detailed.jsonl: clipling describe" in told.left_out[0]
    assert "aviary-semantics@test_resnet-seed0" in told.text
    assert "give it as --small-teacher" in reproduce("table2", **options, dry_run=True).left_out[0]


def test_other_settings_are_another_job(options: dict[str, Any], forbidden: None, birds: Path) -> None:
    def name(**other: Any) -> str:
        return reproduce("table1", **{**options, **other}, rows=["mse"], dry_run=True).text.partition(":")[0]

    names = {name(), name(budget="small"), name(student="test_vit"), name(seeds=(1,)), name(image_size=48)}
    assert len(names) == 5
    assert name() in names


def test_other_labels_are_another_job(options: dict[str, Any], forbidden: None, birds: Path, tmp_path: Path) -> None:
    data = shutil.copytree(birds, tmp_path / "birds")
    split = read_split(data / "split", data)
    labels, (one, other, *_) = split.labels, split.unseen_classes

    def name() -> str:
        return reproduce("table1", **{**options, "data": [data]}, rows=["mse"], dry_run=True).text.partition(":")[0]

    def write(files: Mapping[str, str]) -> None:
        (data / "labels.csv").write_text("".join(["file,class\n", *(f"{file},{files[file]}\n" for file in files)]))

    write(labels)
    usual = name()
    write({file: {one: other, other: one}.get(label, label) for file, label in labels.items()})
    assert name() != usual


def test_shots_that_cannot_be_drawn_are_told_before_the_training(
    options: dict[str, Any], forbidden: None, birds: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(birds, tmp_path / "birds")
    split = read_split(data / "split", data)
    label = split.labels[split.ood[0]]
    last = max(file for file in split.ood if split.labels[file] == label)
    write_split(replace(split, ood=tuple(file for file in split.ood if file != last)), data / "split")
    with pytest.raises(InputError, match=f"shows 5 images of each unseen class .* class {label} has 5; leave such"):
        reproduce("table1", **{**options, "data": [data]}, rows=["mse"], dry_run=True)
    assert "1 of 1 jobs" in reproduce("zero_shot", **{**options, "data": [data]}, rows=["mse"], dry_run=True).text


def test_speeds_of_another_kind_of_machine_are_no_forecast(
    made: Reproduced, options: dict[str, Any], forbidden: None, tmp_path: Path
) -> None:
    records = shutil.copytree(options["out"] / "records", tmp_path / "records")
    asked = {**options, "records": records, "out": tmp_path, "seeds": (1,), "rows": ["cls"], "dry_run": True}
    assert "by 1 finished runs" in reproduce("table1", **asked).text
    for path in records.glob("*.json"):
        record = read_json(path)
        if record["machine"]:
            write_json(path, {**record, "machine": {**record["machine"], "device": "NVIDIA H200"}})
    assert "by a short trial" in reproduce("table1", **asked).text


def test_without_umap_its_figure_is_refused_before_the_training(
    options: dict[str, Any], forbidden: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("clipling.workflows.reproduce.find_spec", lambda name: None)
    asked = {**options, "out": tmp_path}
    with pytest.raises(InputError, match=r"need umap-learn.*pip install 'clipling\[figures\]'"):
        reproduce("figure2b", **asked)
    assert "umap-learn" in reproduce("figure2b", **asked, dry_run=True).left_out[-1]


def test_bad_input_is_named_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk(tmp_path, capsys)
    (tmp_path / "bare" / "class").mkdir(parents=True)
    for tokens, said in (
        (("tabel3",), "unknown table 'tabel3': did you mean 'table3'?"),
        (("table3", "--data", tmp_path / "nowhere"), "fetch it with: clipling data fetch Flower102"),
        (("table3", "--data", tmp_path / "bare"), "no split in split, splits/paper, splits/0; give --split"),
        (("table3", "--budget", "large"), "unknown budget 'large'"),
        (("table3", "--image-size", "0"), "image_size is 0; expected at least 16 pixels"),
        (("table3", "--seeds", "0", "0"), "expected different numbers from 0 on"),
        (("table3", "--bugdet", "tiny"), "Did you mean --budget?"),
    ):
        status, output = desk.run("reproduce", *tokens)
        assert status == 2, output
        assert said in output
    assert not (tmp_path / "runs").exists()


def test_an_unknown_row_is_named(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="unknown row 'semantic': did you mean 'semantics'"):
        reproduce("table5", **options, rows=["semantic"])


def test_folders_of_one_name_are_refused(options: dict[str, Any], birds: Path, forbidden: None) -> None:
    with pytest.raises(InputError, match=f"2 folders are called {birds.name}"):
        reproduce("table1", **{**options, "data": [birds, birds]}, dry_run=True)


def test_any_failure_is_named_and_leaves_the_other_jobs_alone(
    tmp_path: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(job: Job, run: Run) -> dict[str, float]:
        raise MemoryError("no memory left")

    monkeypatch.setitem(PARTS, "student", Part(break_down))
    told = reproduce("table1", **{**options, "out": tmp_path}, rows=["mse", "cls"])
    assert len(told.failed) == 2
    assert all(line.endswith("MemoryError: no memory left") for line in told.failed)
    assert told.exit_status == 1
