"""A split on the disk is whole or none, and lists that somebody else made are not lost."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.folder import scan
from clipling.data.split import make_split, read_split, write_split
from clipling.workflows.split import split
from killed import killed, needs_fork

Make = Callable[[dict[str, int]], Path]


@pytest.fixture
def root(make_images: Make) -> Path:
    return make_images({"cup": 6, "lamp": 6, "sky blue": 6, "tree": 6})


@needs_fork
def test_killed_while_it_replaces_another_no_mixture_is_read(root: Path, tmp_path: Path) -> None:
    few, many = (make_split(scan(root), holdout=holdout) for holdout in (0.3, 0.6))
    found = []
    for before in itertools.count():
        out = tmp_path / f"{before}"
        write_split(few, out)
        stopped = killed(lambda: write_split(many, out), before=before)  # noqa: B023
        try:
            read = read_split(out, root)
        except InputError:
            found.append("none")
        else:
            assert (read.train, read.id, read.ood) in [(one.train, one.id, one.ood) for one in (few, many)]
            found.append("few" if read.train == few.train else "many")
        write_split(many, out)
        assert read_split(out, root) == many
        if not stopped:
            break
    assert [state for state, _ in itertools.groupby(found)] == ["few", "none", "many"]


def test_lists_of_one_s_own_are_a_split_too(root: Path, tmp_path: Path) -> None:
    split(root, tmp_path / "mine")
    (tmp_path / "mine" / "split.json").unlink()
    before = (tmp_path / "mine" / "train.txt").read_text()
    with pytest.raises(InputError, match="holds a split already; --overwrite replaces it"):
        split(root, tmp_path / "mine", seed=1)
    assert (tmp_path / "mine" / "train.txt").read_text() == before
    split(root, tmp_path / "mine", seed=1, overwrite=True)
    assert read_split(tmp_path / "mine", root).seed == 1


@pytest.mark.parametrize("name", ["train_data", "train_data.txt", "birds-train.txt"])
def test_published_lists_are_not_hidden_behind_new_ones(root: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("cup/000.png\n")
    with pytest.raises(InputError, match=f"holds {name}, a list of another split; choose another folder"):
        split(root, tmp_path, overwrite=True)
    assert not (tmp_path / "train.txt").exists()
