"""What a printed table says beside our numbers."""

from dataclasses import replace
from pathlib import Path

from clipling.aviary import teacher_spec
from clipling.data.sets.catalogue import data_sets
from clipling.data.split import read_split
from clipling.recipes.budgets import BUDGETS
from clipling.recipes.tables import TABLES
from clipling.workflows.reproduction.data import Source
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.matrix import printed


def test_the_published_average_stands_beside_that_of_the_same_data_sets_alone(birds: Path, tmp_path: Path) -> None:
    split = read_split(birds / "split", birds)
    paper = [Source(name, birds, split) for name in data_sets()]
    trained = tuple(row for row in TABLES["table1"].rows if row.experiment.recipe == "mse")

    def published_averages(sources: list[Source]) -> set[bool]:
        jobs = {
            (source.name, row.experiment, 0): Job(source, row.experiment, teacher_spec(), BUDGETS["tiny"], 0, ())
            for source in sources
            for row in trained
        }
        table = printed(replace(TABLES["table1"], rows=trained), sources, jobs, tmp_path, "")
        return {bool(cells[-1].published) for _, cells in table.rows}

    assert published_averages(paper) == {True}
    assert published_averages([*paper, Source("mine", birds, split)]) == {False}
