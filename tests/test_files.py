"""Files of lines, written and read back."""

import os
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import hash_strings, read_json, read_jsonl, take_space, write_json, write_jsonl


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
