"""Figure 1: bars of a printed table, on hand."""

from pathlib import Path

from PIL import Image

from clipling.report.paper_figures import draw_steps
from clipling.report.paper_tables import Number, PaperCell, PaperTable

PANELS = ("Seen classes", "Unseen, zero-shot")
TABLE = PaperTable(
    "Figure 1",
    ("birds", "Average"),
    (
        ("cls", (PaperCell((None, None)), PaperCell((Number(61.0, 1.5, 3), Number(12.5, None, 1)), (65.4, 12.8)))),
        ("a_$row$", (PaperCell((None, None)), PaperCell((Number(33.0, None, 1), None), ()))),
    ),
)


def bars(drawing: str, colour: str) -> int:
    return drawing.count(f"fill: {colour}")


def test_rows_panels_and_the_last_column_are_named(tmp_path: Path) -> None:
    svg, png = draw_steps(TABLE, PANELS, tmp_path / "figure1")
    assert (svg.name, png.name) == ("figure1.svg", "figure1.png")
    drawing = svg.read_text()
    written = (*PANELS, "cls", "a_$row$", "Average, accuracy in %; bars: ours, diamonds: published")
    assert all(f"<!-- {text} -->" in drawing for text in written), (
        "letters are outlines, with what they say beside them"
    )
    assert Image.open(png).size[0] > 900


def test_what_was_not_measured_has_no_bar_and_what_was_not_published_no_mark(tmp_path: Path) -> None:
    drawing = draw_steps(TABLE, PANELS, tmp_path / "figure1")[0].read_text()
    assert (bars(drawing, "#2c6fa3"), bars(drawing, "#c0570f")) == (2, 1), "two of cls, one of the other"
    assert drawing.count("fill: #ffffff; stroke: #1c2330") == 2, "a diamond for each number of cls"
