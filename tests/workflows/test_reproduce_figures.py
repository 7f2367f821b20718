"""Figures of the paper by one command, on the aviary."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from clipling.aviary import teacher_spec, write_aviary
from clipling.data.labels import read_class_names, read_descriptions
from clipling.data.split import read_split
from clipling.language.texts import class_text
from clipling.report.paper_tables import Number, PaperCell, PaperTable
from clipling.report.records import read_records
from clipling.teacher.tower import load_teacher
from clipling.workflows.reproduce import Reproduced, reproduce
from clipling.workflows.reproduction.figures import DRAWINGS
from workflows.conftest import HARDWARE


@pytest.fixture(scope="module")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_aviary(tmp_path_factory.mktemp("drawn") / "aviary", train=2, held_out=2)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def figure4(birds: Path, out: Path) -> Reproduced:
    return reproduce("figure4", data=[birds], teacher=teacher_spec(), seeds=(0,), hardware=HARDWARE, out=out)


@pytest.fixture(scope="module")
def spread(figure4: Reproduced, out: Path) -> dict[str, float]:
    [record] = read_records(out / "records")
    return record.figures["texts"]


def test_the_spread_of_texts_is_that_of_the_teachers_rows(spread: dict[str, float], birds: Path) -> None:
    unseen = read_split(birds / "split", birds).unseen_classes
    names, said = read_class_names(birds, unseen), read_descriptions(birds, unseen)
    teacher = load_teacher(teacher_spec())
    for kind, texts in {
        "names": [class_text(names[label]) for label in unseen],
        "descriptions": [class_text(names[label], said[label]) for label in unseen],
    }.items():
        rows = teacher.encode_text(texts).double()
        cosines = (rows @ rows.T)[~torch.eye(len(rows), dtype=torch.bool)]
        values = torch.linalg.svdvals(rows - rows.mean(dim=0))
        assert spread[f"mean_cosine/{kind}"] == pytest.approx(float(cosines.mean()), abs=1e-5)
        assert spread[f"spectrum/{kind}"] == pytest.approx(float(values.sum()), rel=1e-3)
        first = [spread[f"singular_values/{kind}/{rank}"] for rank in (1, 2, 3)]
        assert first == pytest.approx(values[:3].tolist(), rel=1e-3)
    assert not any("captions" in key for key in spread), "there are none"


def test_the_spectrum_is_drawn_with_each_mean_cosine(figure4: Reproduced, spread: dict[str, float]) -> None:
    svg, png = figure4.files[-2:]
    assert (svg.name, png.name) == ("figure4.svg", "figure4.png")
    drawing = svg.read_text()
    assert "singular value" in drawing
    for kind in ("names", "descriptions"):
        assert f"{kind}: mean cosine {spread[f'mean_cosine/{kind}']:.3f}" in drawing
    assert Image.open(png).size[0] > 900


def test_singular_values_come_in_order_of_their_rank(figure4: Reproduced) -> None:
    """Not in that of their keys, where 10 stands before 2: the curve only falls."""
    curve = r'<path d="(M [^"]*L [^"]*)"[^>]*style="fill: none; stroke: #2c6fa3'
    paths = re.findall(curve, figure4.files[-2].read_text())
    heights = [float(y) for y in re.findall(r"[ML] [\d.]+ ([\d.]+)", max(paths, key=len))]
    assert len(heights) > 10
    assert heights == sorted(heights), "an SVG counts downwards"


def test_steps_are_drawn_in_the_three_panels_of_figure_1(tmp_path: Path) -> None:
    cell = PaperCell((Number(61.0, 1.5, 3), Number(12.5, None, 1), None), (65.4, 12.8, 30.3))
    table = PaperTable("Figure 1", ("Average",), (("cls", (cell,)),))
    svg, png = DRAWINGS["steps"](table, [], tmp_path, tmp_path / "figure1")
    panels = ("Seen classes", "Unseen, zero-shot", "Unseen, 5 shots")
    assert all(f"<!-- {panel} -->" in svg.read_text() for panel in panels)
    assert (svg.name, Image.open(png).format) == ("figure1.svg", "PNG")


@pytest.mark.slow
def test_planes_are_drawn_from_the_runs(birds: Path, out: Path) -> None:
    """A plane for each row, of the same unseen species."""
    pytest.importorskip("umap", reason="umap-learn is absent: Figure 2b is not tested")
    options: dict[str, Any] = {"data": [birds], "teacher": teacher_spec(), "student": "test_resnet", "seeds": (0,)}
    made = reproduce("figure2b", **options, budget="tiny", hardware=HARDWARE, out=out)
    assert not made.failed
    drawn = {path.name: path for path in made.files}
    drawing = drawn["figure2b.svg"].read_text()
    assert all(f"<!-- {row} -->" in drawing for row in ("paper", "semantics"))
    assert Image.open(drawn["figure2b.png"]).size[0] > 900
