import json
from datetime import date
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.language.journal import Journal


def test_answers_are_on_the_disk_at_once_and_come_back_in_order(tmp_path: Path):
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.add("a", "what?", "gr\u00fcn")
        assert json.loads(path.read_text())["text"] == "gr\u00fcn"
        journal.add("a", "what?", "red", whole=False)
        journal.add("a", "which?", "blue")
    with Journal(path) as journal:
        assert [answer.text for answer in journal.answers("a", "what?")] == ["gr\u00fcn", "red"]
        assert [answer.whole for answer in journal.answers("a", "what?")] == [True, False]
        assert abs((date.fromisoformat(journal.answers("a", "which?")[0].date) - date.today()).days) <= 1
        assert journal.answers("b", "what?") == []


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_half_a_line_is_dropped_and_the_next_answer_stands_on_its_own(kept: int, tmp_path: Path):
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.add("a", "what?", "red")
        whole = len(path.read_bytes())
        journal.add("b", "what?", "blue, long enough to be cut off anywhere")
    path.write_bytes(path.read_bytes()[: whole + kept])
    with Journal(path) as journal:
        assert journal.answers("b", "what?") == []
        journal.add("b", "what?", "green")
    with Journal(path) as journal:
        assert [journal.answers(label, "what?")[0].text for label in "ab"] == ["red", "green"]


def test_a_damaged_line_is_named(tmp_path: Path):
    (tmp_path / "journal").write_text('{"about": "a"}\n')
    with pytest.raises(InputError, match=r"journal: line 1 is damaged.*what it answered is asked again"):
        Journal(tmp_path / "journal")
