from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.tables import read_table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class,name\na,crane, the bird\nb,x\n", r"row 2 has 3 cells under 2 columns .*'the bird'.*a,crane,the bird"),
        ("class,name,,\na,x,,\nb,y,z,\n", "row 3 has 4 cells under 2 columns"),
        ("class,name\na,x,,,z\n", "the last of them 'z'"),
        ("class,name,name\na,x,y\n", "columns listed more than once: 'name'"),
        ("class, name ,note,note\na,x,,\n", "columns listed more than once: 'note'"),
        ("class,name\na,\u200b\n", "row 2 has nothing in column 'name'"),
        ("class,name\n\x07,x\n", "row 2 has nothing in column 'class'"),
    ],
)
def test_what_would_be_lost_or_is_twice_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "t.csv", ("class", "name"))


def test_empty_cells_beyond_the_header_and_a_nameless_first_column_are_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(',class,name,\n0,a,"crane, the bird",,\n,,,\n1,b,y\n')
    rows = read_table(tmp_path / "t.csv", ("class", "name"))
    assert [(row["class"], row["name"]) for row in rows] == [("a", "crane, the bird"), ("b", "y")]
