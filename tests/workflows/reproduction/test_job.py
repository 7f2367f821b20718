"""What makes two jobs the same, and what a job makes of its images."""

import json
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from clipling.aviary import teacher_spec
from clipling.data.split import read_split
from clipling.recipes import get_recipe
from clipling.recipes.budgets import BUDGETS
from clipling.recipes.matrix import Experiment
from clipling.workflows.reproduction.data import Source
from clipling.workflows.reproduction.job import Job, same_settings


def test_a_record_outlives_settings_that_recipes_get_later() -> None:
    now = {"seed": 0, "recipe": asdict(get_recipe("semantics"))}
    before = deepcopy(now)
    del before["recipe"]["text"]["prompt"]
    assert same_settings(before, now)
    assert same_settings(now, now)
    prompted = deepcopy(now)
    prompted["recipe"]["text"]["prompt"] = 8
    assert not same_settings(before, prompted)
    assert not same_settings(now, before)
    assert not same_settings(before, {**now, "seed": 1})


def test_a_small_data_set_fills_its_batches(birds: Path) -> None:
    split = read_split(birds / "split", birds)
    few = replace(split, train=split.train[:70])
    sizes = [
        Job(Source("birds", birds, part), Experiment("cls"), teacher_spec(), BUDGETS["tiny"], 0, ()).recipe.batch_size
        for part in (split, few)
    ]
    assert sizes == [128, 70]


def a_teacher(folder: Path, *, page: str = "", weights: bytes = b"1") -> str:
    tower = folder / "text tower"
    tower.mkdir(parents=True)
    (tower / "config.json").write_text("{}")
    (folder / "open_clip_model.safetensors").write_bytes(weights)
    (folder / "open_clip_config.json").write_text(json.dumps({"text_cfg": {"hf_model_name": str(tower.resolve())}}))
    (folder / "README.md").write_text(page)
    return f"local-dir:{folder}"


@pytest.mark.parametrize("place", ["elsewhere", "an ö and a space/deeper"])
def test_a_teacher_is_the_same_wherever_it_lies(birds: Path, tmp_path: Path, place: str) -> None:
    def digest(teacher: str) -> str:
        source = Source("birds", birds, read_split(birds / "split", birds))
        return Job(source, Experiment("cls"), teacher, BUDGETS["tiny"], 0, ()).digest

    here = digest(a_teacher(tmp_path / "here" / "teacher"))
    assert digest(a_teacher(tmp_path / place / "teacher", page="What it knows.")) == here
    assert digest(a_teacher(tmp_path / place / "of other weights" / "teacher", weights=b"2")) != here
    assert digest(a_teacher(tmp_path / place / "of another name")) != here
    tower = tmp_path / place / "of another tower" / "teacher"
    teacher = a_teacher(tower)
    (tower / "text tower" / "config.json").write_text('{"layers": 2}')
    assert digest(teacher) != here
