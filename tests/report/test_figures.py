"""Drawings: valid XML, the page's colours, what they say aloud, and strangers' names."""

from xml.etree import ElementTree

import pytest

from clipling.report.figures import Bar, Curve, accuracy_chart, bar_chart, curve_chart, loss_chart, styles_for
from clipling.report.journal import Epoch
from clipling.report.svg import COLOURS


def epochs(**changes: float) -> list[Epoch]:
    loss = {"cls": 2.0, "loss": 3.0} | changes
    return [
        Epoch(n, {k: v / n for k, v in loss.items()}, {"id": 0.1 * n} if n % 2 else {}, None, None) for n in range(1, 6)
    ]


def texts(svg: str) -> str:
    return " ".join(ElementTree.fromstring(svg).itertext())


def test_bars_say_every_figure_in_ink_and_aloud() -> None:
    bar = Bar("Unseen", 0.412, "unseen", interval=(0.35, 0.47), ceiling=0.79, chance=0.05)
    chart = bar_chart([bar], key="b", title="Accuracy")
    assert "Unseen: 41.2\u00a0%" in texts(chart.svg)
    assert "teacher 79.0\u00a0%" in texts(chart.svg)
    spoken = ElementTree.fromstring(chart.svg).attrib["aria-label"]
    assert all(figure in spoken for figure in ("41.2", "35.0", "47.0", "79.0", "5.0"))


def test_what_is_not_known_is_not_drawn() -> None:
    assert "teacher" not in bar_chart([Bar("a", 0.5, "seen")], key="b", title="t").svg


def test_colours_are_the_pages_own() -> None:
    svg = bar_chart([Bar("a", 0.5, "seen", ceiling=0.9)], key="b", title="t").svg
    assert f"var(--seen, {COLOURS['seen']})" in svg
    assert f"var(--ink, {COLOURS['ink']})" in svg
    assert 'width="' not in svg.split(">", 1)[0]
    assert "metadata" not in svg


def test_figures_on_one_page_share_no_ids() -> None:
    found = []
    for key in ("one", "two"):
        chart = bar_chart([Bar("a", 0.5, "seen", ceiling=0.9)], key=key, title="t")
        root = ElementTree.fromstring(chart.svg)
        ids = {node.attrib["id"] for node in root.iter() if "id" in node.attrib}
        used = {
            v.strip("url(#)")
            for node in root.iter()
            for k, v in node.attrib.items()
            if k.endswith("href") or "url(#" in v
        }
        assert used <= ids
        found.append(ids)
    assert not found[0] & found[1]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["a_$b$", "<script>&\"'", "花の実験", "_hidden", "x" * 300])
def test_strangers_names(name: str) -> None:
    bars = bar_chart([Bar(name, 0.5, "seen")], key="b", title=name)
    assert name[:20] in texts(bars.svg)
    curves = curve_chart([Curve(name, [(1, 0.5), (2, 0.6)], "s1")], key="c", title=name, fractions=True)
    assert curves is not None
    assert name in ElementTree.fromstring(curves.svg).attrib["aria-label"]
    assert curves.legend[0].name == name


def test_losses_by_name_the_total_first() -> None:
    chart = loss_chart(epochs())
    assert chart is not None
    assert [curve.name for curve in chart.legend] == ["total", "cls"]
    assert chart.legend[0].points[-1] == (5, 0.6)


def test_accuracy_shows_only_evaluated_epochs_and_the_teacher() -> None:
    chart = accuracy_chart(epochs(), {"id": 0.9, "ood_zero_shot": 0.8})
    assert chart is not None
    student, teacher = chart.legend
    assert [epoch for epoch, _ in student.points] == [1, 3, 5]
    assert teacher.points == [(0, 0.9), (5, 0.9)]
    assert teacher.dash != student.dash


def test_nothing_to_draw_is_no_chart() -> None:
    assert loss_chart([]) is None
    assert accuracy_chart([Epoch(1, {}, {}, None, None)], {"id": 0.9}) is None


def test_small_curves_beside_large_ones_stay_visible() -> None:
    plain, wide = (
        curve_chart([Curve("a", [(1, 1.0), (2, low)], "s1")], key="c", title="t", fractions=False)
        for low in (0.5, 0.001)
    )
    assert plain is not None
    assert wide is not None
    assert {"0.0", "1.0"} <= set(texts(plain.svg).split())
    assert {"0.001", "0.01", "0.1", "1"} <= set(texts(wide.svg).split())


def test_many_curves_are_told_apart() -> None:
    assert len(set(styles_for(24))) == 24


def test_a_single_epoch_has_a_whole_axis() -> None:
    chart = accuracy_chart(epochs()[:1], {"id": 0.9})
    assert chart is not None
    ticks = [text for text in texts(chart.svg).split() if text.replace(".", "").isdecimal()]
    assert "1" in ticks
    assert not any("." in tick for tick in ticks)
