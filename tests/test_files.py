"""Files of lines, written and read back."""

from pathlib import Path

from clipling.files import read_jsonl, write_jsonl


def test_a_line_of_json_ends_where_it_was_ended_and_nowhere_else(tmp_path: Path) -> None:
    rows = [{"text": "one\u2028two\u2029three\x85four\x0bfive"}, {"text": "six\nseven\r\n"}]
    write_jsonl(tmp_path / "rows.jsonl", rows)
    assert read_jsonl(tmp_path / "rows.jsonl") == rows
