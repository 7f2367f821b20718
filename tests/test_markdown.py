import re

import pytest
from markdown_it import MarkdownIt  # what rich itself reads Markdown with

from clipling.markdown import Markdown, markdown_line, markdown_table, markdown_text
from hostile import NAMES, SPOKEN, acting

MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- a comment",
    "<a href='https://example.invalid'>here</a>",
    "&lt;b&gt; &#60;script&#62;",
    "AT&amp;T",
    "[here](https://example.invalid)",
    "![a picture](https://example.invalid/x.png)",
    "[here][1]",
    "<https://example.invalid>",
    "**bold** and __bold__",
    "*slanted* and _slanted_",
    "`code` and ``co`de``",
    "~~struck~~",
    "$x^2$ and $$y$$",
    "a\\",
    "\\<b\\>",
    "\\| a | b",
    "_a_ _b",
    "***",
    "[x] done",
    "a_b_ c__d __e__f",
)
LINES = (
    "# heading",
    "###### small",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "23) item",
    "> quoted",
    "---",
    "***",
    "___",
    "===",
    "- - -",
    "    code",
    "```python",
    "~~~",
    "| a | b |",
    "[1]: https://example.invalid",
    "<div>",
    "<?php",
)


def test_a_table_has_a_line_for_each_row() -> None:
    assert markdown_table("lr", ["bird", "seen"], [["wren", "3"], ["owl", "12"]]) == (
        "| bird | seen |\n| --- | ---: |\n| wren | 3 |\n| owl | 12 |\n"
    )


def test_what_would_break_a_line_is_made_harmless() -> None:
    assert markdown_table("l", ["a"], [["left|right\nbelow"]]).splitlines()[2:] == [r"| left\|right below |"]


@pytest.mark.parametrize("name", [*NAMES, "a\rb", "wren |\n| --- |\n| forged | row |"])
def test_a_name_forges_no_row(name: str) -> None:
    table = markdown_table("lr", ["bird", "seen"], [[name, "3"]])
    assert len(table.splitlines()) == 3
    assert not acting(table)
    assert len(re.findall(r"(?<!\\)\|", table)) == 9


@pytest.mark.parametrize("text", MARKUP)
def test_markup_of_others_is_shown_not_obeyed(text: str) -> None:
    [shown] = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parseInline(markdown_text(text))
    assert {part.type for part in shown.children} <= {"text", "text_special", "softbreak"}
    assert "".join(part.content for part in shown.children) == " ".join(text.splitlines())


@pytest.mark.parametrize("text", [*MARKUP, *LINES])
def test_no_block_begins_where_a_text_begins_a_line(text: str) -> None:
    blocks = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown_line(text))
    assert [block.type for block in blocks] == ["paragraph_open", "inline", "paragraph_close"]


@pytest.mark.parametrize("name", [*SPOKEN[:8], "cls+im_cst", "R1_x2", "a (b), c: d; e/f 50 % = 3.2 ± 0.1 – #3"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert markdown_text(name) == name


def test_what_is_markdown_already_stays() -> None:
    assert markdown_table("l", [Markdown("**a**")], [[Markdown("`b` | <br>")]]).splitlines()[2] == r"| `b` \| <br> |"
