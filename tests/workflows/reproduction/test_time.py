"""How long jobs are said to take."""

from dataclasses import replace
from pathlib import Path

import pytest

from clipling.aviary import teacher_spec
from clipling.data.split import read_split
from clipling.recipes.budgets import BUDGETS
from clipling.recipes.matrix import Experiment
from clipling.workflows.reproduction.data import Source
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.time import Speed, seconds_of


def test_few_shots_are_forecast_with_their_half_of_each_batch(birds: Path) -> None:
    split = read_split(birds / "split", birds)
    source = Source("aviary", birds, split)
    budget = replace(BUDGETS["small"], images_per_class=None, few_shot_epochs=8, draws=2)
    job = Job(source, Experiment("cls"), teacher_spec(), budget, 0, ("finetune",))
    assert (len(split.train), len(split.unseen_classes), job.recipe.batch_size) == (200, 100, 128)
    shown = 3 * 128  # 64 of a batch are shots, whether of 100 classes or of 50
    evaluated = 2 * (len(split.id) + len(split.ood)) / 3
    for part in ("finetune", "half"):
        assert seconds_of(job, [part], Speed(1.0, "")) == pytest.approx(2 * (8 * shown + evaluated))
