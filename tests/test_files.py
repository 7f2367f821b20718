"""Files of lines, written and read back."""

import errno
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import (
    abandoned,
    atomic,
    hash_strings,
    read_json,
    read_jsonl,
    read_text,
    take_space,
    write_json,
    write_jsonl,
    write_text,
)


def test_a_line_of_json_ends_where_it_was_ended_and_nowhere_else(tmp_path: Path) -> None:
    rows = [{"text": "one\u2028two\u2029three\x85four\x0bfive"}, {"text": "six\nseven\r\n"}]
    write_jsonl(tmp_path / "rows.jsonl", rows)
    assert read_jsonl(tmp_path / "rows.jsonl") == rows


def test_space_is_taken_on_the_disk_and_what_stands_before_it_is_kept(tmp_path: Path) -> None:
    path, count = tmp_path / "sparse", 3_000_000
    path.write_bytes(b"head")
    os.truncate(path, 4 + count)
    assert path.stat().st_blocks * 512 < count
    take_space(path, count)
    assert path.stat().st_blocks * 512 >= count
    assert path.read_bytes() == b"head" + bytes(count)


def test_paths_that_are_not_utf8_have_a_hash_and_stand_in_json(tmp_path: Path) -> None:
    odd = [os.fsdecode(name) for name in (b"r\xe9", b"r\xe8")]
    assert len({hash_strings([name]) for name in (*odd, "r\u00e9")}) == 3
    write_json(tmp_path / "paths.json", odd)
    assert read_json(tmp_path / "paths.json") == odd


@pytest.mark.parametrize("text", ["[" * 200_000, "9" * 5_000])
def test_what_looks_like_json_and_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    for name, read in (("value.json", read_json), ("rows.jsonl", read_jsonl)):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=rf"{name}: .*not valid JSON"):
            read(tmp_path / name)


def temporary(folder: Path, name: str) -> Path:
    """Where this process would write that file first."""
    with atomic(folder / name) as partial:
        partial.write_text("whole")
    return partial


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_dead_processes_left_goes_and_what_live_ones_write_stays(tmp_path: Path, dead: int) -> None:
    machine = temporary(tmp_path / "elsewhere", "any").name.split(".")[-3]
    gone = [f".report.html.{machine}.{dead}.part", f".id.txt.{dead}.part", f".a.b.c.{machine}.{dead}.part"]
    gone += [f".yesterday.{'0' * 8}.{os.getppid()}.part"]
    kept = [f".report.html.{machine}.{os.getppid()}.part", f".today.{'0' * 8}.{dead}.part"]
    kept += ["images.zip.part", ".part", f"report.{dead}.part", ".student.part", f".{dead}.parts"]
    for name in (*gone, *kept):
        (tmp_path / name).write_text("half")
    os.utime(tmp_path / gone[-1], (time.time() - 90_000,) * 2)
    assert {path.name for path in abandoned(tmp_path)} == {*gone}
    write_text(tmp_path / "unlike.txt", "whole")
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {*kept, "unlike.txt"}


def test_what_an_earlier_process_of_the_same_number_left_goes(tmp_path: Path) -> None:
    left = tmp_path / temporary(tmp_path / "elsewhere", "notes.txt").name
    left.mkdir()  # which nobody can write over
    left.rmdir()
    left.write_text("half")
    write_text(tmp_path / "other.txt", "whole")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["other.txt"]


def test_two_writers_of_one_process_do_not_remove_each_other_s(tmp_path: Path) -> None:
    with atomic(tmp_path / "first") as one:
        one.write_text("1")
        write_text(tmp_path / "second", "2")
        assert one.exists()
    assert (tmp_path / "first").read_text() == "1"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_a_folder_that_cannot_be_synced_is_no_trouble_but_a_file_is(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = os.fsync

    def refuse(descriptor: int, *, folder: bool) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode) == folder:
            raise OSError(number, os.strerror(number))
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", lambda descriptor: refuse(descriptor, folder=True))
    write_text(tmp_path / "a.txt", "whole")
    assert (tmp_path / "a.txt").read_text() == "whole"
    monkeypatch.setattr(os, "fsync", lambda descriptor: refuse(descriptor, folder=False))
    with pytest.raises(OSError, match=os.strerror(number)):
        write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_a_full_folder_sync_is_still_a_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="no space is left"):
        write_text(tmp_path / "a.txt", "whole")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/proc/x/y/a.txt", "no folder can be made there"),
        ("{tmp}/" + "n" * 300 + "/a.txt", "longer than the file system takes"),
        ("{tmp}/" + "n" * 300, "longer than the file system takes"),
        ("{tmp}/circle/a.txt", "a link that leads nowhere"),
        ("{tmp}/file/a.txt", "file"),
        ("{tmp}/folder", "a folder of that name"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(place: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"^cannot write /") as raised:
        write_text(Path(place.format(tmp=tmp_path)), "whole")
    assert said in str(raised.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for name, said in (("n" * 300, "longer than"), ("circle", "in a circle"), ("a\0b", "NUL character")):
        with pytest.raises(InputError, match=said):
            read_text(tmp_path / name)
