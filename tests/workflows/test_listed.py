"""What Python may give in place of a list."""

from pathlib import Path

from clipling.workflows.listed import listed


def test_what_stands_alone_is_a_list_of_one() -> None:
    alone = ("photo.jpg", Path("photo.jpg"), 0)
    assert [listed(one) for one in alone] == [[one] for one in alone]
    assert listed(("a", "b")) == ["a", "b"]
    assert listed(Path(name) for name in "ab") == [Path("a"), Path("b")]
