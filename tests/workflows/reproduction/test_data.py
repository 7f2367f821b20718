"""Which data sets and images a table is made of."""

from dataclasses import replace
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.sets.fetch import Fetched
from clipling.data.split import read_split
from clipling.recipes.tables import TABLES
from clipling.workflows.reproduction import data
from clipling.workflows.reproduction.data import find_sources, first_images


def test_the_first_images_of_each_class(birds: Path) -> None:
    split = read_split(birds / "split", birds)
    first = first_images(split, 1)
    assert len(first.train) == len(split.seen_classes)
    assert first.train == split.train[::2]
    assert first == replace(split, train=first.train)
    assert first_images(split, None) == split


def test_a_split_beside_data_sets_that_have_their_own_is_refused(
    birds: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fetched(name: str, folder: Path) -> Fetched:
        if name != "Flower102":
            raise InputError(f"{name} is not here")
        return Fetched(birds, birds / "split")

    monkeypatch.setattr(data, "find_fetched", fetched)
    (tmp_path / "Flower102").mkdir()
    with pytest.raises(InputError, match="split: Flower102 has one of its own; leave --split out"):
        find_sources(TABLES["table1"], [tmp_path], birds / "split", None)
    assert [one.name for one in find_sources(TABLES["table1"], [tmp_path], None, None)[0]] == ["Flower102"]
