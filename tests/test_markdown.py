from clipling.markdown import markdown_table


def test_a_table_has_a_line_for_each_row() -> None:
    assert markdown_table("lr", ["bird", "seen"], [["wren", "3"], ["owl", "12"]]) == (
        "| bird | seen |\n| --- | ---: |\n| wren | 3 |\n| owl | 12 |\n"
    )


def test_what_would_break_a_line_is_made_harmless() -> None:
    assert markdown_table("l", ["a"], [["left|right\nbelow"]]).splitlines()[2:] == [r"| left\|right below |"]
