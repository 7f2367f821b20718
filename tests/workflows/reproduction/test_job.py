"""What makes two jobs the same, and what a job makes of its images."""

from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

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
