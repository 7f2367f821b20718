"""A folder is whole or absent, through errors and kills."""

import itertools
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.deploy.folder import standing, whole_folder
from killed import killed, needs_fork


def write(folder: Path, content: str) -> None:
    with whole_folder(folder) as new:
        (new / "a.txt").write_text(content)
        (new / "b.txt").write_text(content)


def content(folder: Path) -> list[str]:
    return [(standing(folder) / name).read_text() for name in ("a.txt", "b.txt")]


def test_a_new_folder_with_its_parents(tmp_path: Path):
    write(tmp_path / "run" / "student", "first")
    assert content(tmp_path / "run" / "student") == ["first", "first"]


def test_replacing_leaves_nothing_of_the_former_one(tmp_path: Path):
    write(tmp_path / "student", "first")
    (tmp_path / "student" / "old.txt").write_text("old")
    write(tmp_path / "student", "second")
    assert sorted(path.name for path in (tmp_path / "student").iterdir()) == ["a.txt", "b.txt"]
    assert content(tmp_path / "student") == ["second", "second"]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["student"]


def test_an_error_while_writing_leaves_what_was_there(tmp_path: Path):
    write(tmp_path / "student", "first")
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "student") as new:
        (new / "a.txt").write_text((new / "absent").read_text())
    assert content(tmp_path / "student") == ["first", "first"]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["student"]


def test_an_error_at_the_first_write_leaves_nothing(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "student"):
        1 / 0  # noqa: B018
    assert not (tmp_path / "student").exists()


def test_a_failing_second_rename_brings_the_former_one_back(tmp_path: Path):
    write(tmp_path / "student", "first")
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "student") as new:
        new.rmdir()
    assert content(tmp_path / "student") == ["first", "first"]


def test_cut_short_between_the_two_renames(tmp_path: Path):
    write(tmp_path / "student", "first")
    (tmp_path / "student").rename(tmp_path / ".student.former")
    assert content(tmp_path / "student") == ["first", "first"]
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "student"):
        1 / 0  # noqa: B018
    assert (tmp_path / "student" / "a.txt").read_text() == "first"


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path):
    write(tmp_path / "real", "first")
    (tmp_path / "student").symlink_to(tmp_path / "real")
    write(tmp_path / "student", "second")
    assert (tmp_path / "student").is_symlink()
    assert (tmp_path / "real" / "a.txt").read_text() == "second"


def test_a_place_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write(tmp_path / "file" / "student", "first")


@needs_fork
def test_killed_before_any_file_operation_one_whole_folder_stands_and_can_be_replaced(tmp_path: Path):
    found = list[tuple[str, bool]]()
    for before in itertools.count():
        place = tmp_path / f"{before}"
        folder = place / "student"
        write(folder, "old")
        stopped = killed(lambda: write(folder, "new"), before=before)  # noqa: B023
        first, second = content(folder)
        assert first == second
        found.append((first, folder.exists()))
        write(folder, "end")
        assert content(folder) == ["end", "end"]
        assert [path.name for path in place.iterdir() if path.is_dir()] == ["student"]
        if not stopped:
            break
    # At first the old folder is in its place, for one moment aside, and from then on the new one is there.
    assert [state for state, _ in itertools.groupby(found)] == [("old", True), ("old", False), ("new", True)]
