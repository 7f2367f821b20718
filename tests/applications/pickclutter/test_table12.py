import json
from pathlib import Path
from typing import Any

import pytest

from applications.pickclutter.conftest import HARDWARE
from clipling.applications.paper.everything import everything
from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.recipes import METHODS
from clipling.applications.pickclutter.table12 import files_of, table12
from clipling.applications.pickclutter.table12_page import floor
from clipling.aviary import teacher_spec
from clipling.cli import main
from clipling.contracts.errors import InputError
from clipling.files import hash_file, read_json
from clipling.recipes.tables import IN_PAPER
from clipling.report.published import published

PAPER = Path(__file__).resolve().parents[4] / "shared" / "paper" / "published_tables.json"
TINY: dict[str, Any] = {
    "student": "test_efficientnet",
    "image_size": 64,
    "epochs": 1,
    "batch_size": 8,
    "few_shot_epochs": 1,
    "few_shot_batch_size": 8,
    "shots": 6,
    "seeds": (0,),
    "pictures": 1,
    "hardware": HARDWARE,
}


def test_rows_are_run_printed_beside_the_published_and_not_run_twice(files: Path, tmp_path: Path) -> None:
    asked: dict[str, Any] = {**TINY, "data": files, "teacher": teacher_spec(), "out": tmp_path}
    rows = ("cls",)
    forecast = table12(**asked, rows=rows, dry_run=True)
    assert "cls-seed0: training, few shots; about" in forecast.text
    assert "1 of 1 jobs to do" in forecast.text
    assert not list(tmp_path.iterdir()), "a dry run writes nothing"
    made = table12(**asked, rows=rows)
    assert made.failed == ()
    (line,) = (line for line in made.text.splitlines() if line.startswith("| cls |") and "[96.9" in line)
    ours = read_json(tmp_path / "runs" / "cls-seed0" / "results.json")["measures"]
    later = read_json(tmp_path / "runs" / "cls-seed0" / "fewshot" / "results.json")["measures"]
    for measure, column in (("accuracy", 4), ("f1", 7)):
        numbers = " / ".join(f"{100 * found[f'unseen_ood/{measure}']:.1f}" for found in (ours, later))
        cell = line.split("|")[column].strip()
        assert cell.startswith(f"{numbers} ["), cell
    assert len([path for path in made.files if path.suffix == ".jpg"]) == 2
    assert all(path.exists() for path in made.files)
    assert "0 of 1 jobs" in table12(**asked, rows=rows, dry_run=True).text
    assert table12(**asked, rows=rows).text == made.text
    (run,) = read_json(tmp_path / "table12.json")["runs"]
    scenes = [set(there) for there in Episodes(files / "id.h5").labels().values()]
    seen = read_json(tmp_path / "runs" / "cls-seed0" / "results.json")["asked"]["seen"]
    absent = 100 * sum(name not in there for there in scenes for name in seen) / (len(scenes) * len(seen))
    assert f"no to everything has an accuracy of {absent:.1f}, " in made.text
    assert (run["recipe"], run["seed"], run["zero_shot"], run["few_shot"]) == ("cls", 0, ours, later)
    assert "trained on 24 scenes, measured on 8 (X_id) and 10 (X_ood)" in made.text
    record = (tmp_path / "table12.json").read_text()
    assert str(tmp_path.parent) not in record, "no path of this machine"
    assert str(files) not in record
    assert run["settings"]["few_shot"]["shots"] == "fewshot.h5"
    assert run["settings"]["zero_shot"]["student"] == "test_efficientnet"
    assert read_json(tmp_path / "table12.json")["files"]["ood"]["sha256"] == hash_file(files / "ood.h5")
    assert "recall" in (tmp_path / "table12.csv").read_text()
    assert "\\begin{tabular}" in (tmp_path / "table12.tex").read_text()
    for other, said in (
        ({"epochs": 2}, "epochs: 1 in the run, 2 now"),
        ({"few_shot_lr": 0.1}, "lr: 0.0005 in the run"),
    ):
        for dry_run in (True, False):  # no figures of one experiment under the name of another
            with pytest.raises(InputError, match=f"{said}.*choose another --out"):
                table12(**asked | other, rows=rows, dry_run=dry_run)


def test_files_may_have_the_authors_names(files: Path, tmp_path: Path) -> None:
    for part, theirs in (("train", "train"), ("id", "val_on_train"), ("ood", "val")):
        (tmp_path / f"pickclutter_random_{theirs}_episodes_rgbd_512.h5").symlink_to(files / f"{part}.h5")
    assert {part: path.resolve() for part, path in files_of(tmp_path).items()} == {
        part: files / f"{part}.h5" for part in ("train", "id", "ood")
    }


def test_the_floor_of_a_closed_set_has_no_unseen_objects(files: Path) -> None:
    some = {"id": files / "id.h5", "ood": files / "ood.h5"}
    said = floor(some, ["011_banana"], [])
    assert said.count(", –") == 2, said


def test_what_cannot_be_meant(files: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train\.h5.*pickclutter simulate"):
        table12(data=tmp_path)
    with pytest.raises(InputError, match="unknown recipe 'cls\\+semantics'"):
        table12(data=files, rows=("cls+semantics",))
    with pytest.raises(InputError, match="seeds are"):
        table12(data=files, seeds=(1, 1))
    with pytest.raises(InputError, match="rows are cls, cls; expected each once"):
        table12(data=files, rows=("cls", "cls"))
    for name, number, said in (
        ("pictures", -1, "pictures is -1"),
        ("epochs", 0, "epochs is 0"),
        ("lr", float("inf"), "lr is inf"),
        ("few_shot_epochs", 0, "few shots: epochs is 0"),
        ("few_shot_batch_size", 1, "few shots: batch_size is 1"),
        ("few_shot_lr", 0.0, "few shots: lr is 0.0"),
        ("shots", 0, "shots is 0; expected 1 to"),
        ("shots", 10_000, "shots is 10000; expected 1 to"),
    ):
        with pytest.raises(InputError, match=said):
            table12(**{**TINY, "data": files, "teacher": teacher_spec(), "out": tmp_path, name: number})
    assert not list(tmp_path.iterdir()), "nothing was begun"


def test_the_table_is_reproduced_like_any_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["reproduce", "table12", "--data", str(tmp_path)])
    assert stopped.value.code == 2
    assert "train.h5" in capsys.readouterr().err


def test_published_numbers_are_the_papers() -> None:
    if not PAPER.exists():
        pytest.skip("../shared is absent: the published numbers are not compared with their source")
    paper = json.loads(PAPER.read_text())["table12_pickclutter"]
    for what, key in (("accuracy", "overall_accuracy"), ("F1", "f1_present_objects")):
        assert paper[key].keys() == METHODS.keys()
        for row, cells in paper[key].items():
            for column, numbers in zip(("X_id, Y_id", "X_ood, Y_id", "X_ood, Y_ood"), cells, strict=True):
                assert list(published(f"table12/{row}", f"{what}: {column}")) == numbers


def test_all_tables_include_it_where_there_are_scenes(files: Path, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"data": [tmp_path / "nowhere"], "scenes": files, "teacher": teacher_spec()}
    asked |= {
        "student": "test_efficientnet",
        "budget": "tiny",
        "seeds": (0,),
        "out": tmp_path / "out",
        "hardware": HARDWARE,
    }
    with pytest.raises(InputError, match="shots is 50; expected 1 to"):
        everything(**asked, dry_run=True)
    told = everything(**asked, shots=6, dry_run=True)
    assert "cls+im_cst-seed0: training, few shots; about" in told.text
    assert {line.split(":")[0] for line in told.left_out} == {*IN_PAPER}
