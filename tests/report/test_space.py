"""The pictures of spaces: complete files that name what they show, the same bytes each time, no torch loaded."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clipling.report.space import Panel, figure2b, figure4

SPECTRA = {"names": [3.0, 2.0, 1.0], "descriptions": [3.5, 3.0, 2.0], "captions": [2.0, 0.5, 0.1]}


def panel(title: str, classes: int) -> Panel:
    labels = [row % classes for row in range(6 * classes)]
    places = np.random.default_rng(0).normal(size=(6 * classes, 2)).tolist()
    return Panel(title, places, labels, [[float(row), 0.0] for row in range(classes)])


def colours(path: Path) -> int:
    small = Image.open(path).convert("RGB").resize((400, 300), Image.Resampling.NEAREST)
    return len(np.unique(np.asarray(small).reshape(-1, 3), axis=0))


def test_the_spectra_are_drawn_and_named(tmp_path):
    svg, png = figure4(SPECTRA, dict.fromkeys(SPECTRA, 0.5), tmp_path / "figure4")
    assert (svg.name, png.name) == ("figure4.svg", "figure4.png")
    drawing = svg.read_text()
    assert all(colour in drawing for colour in ("#2c6fa3", "#c0570f", "#3a7d5b"))
    assert Image.open(png).size[0] > 900
    assert colours(png) > 5
    before = svg.read_bytes(), png.read_bytes()
    figure4(SPECTRA, dict.fromkeys(SPECTRA, 0.5), tmp_path / "figure4")
    assert (svg.read_bytes(), png.read_bytes()) == before


@pytest.mark.parametrize(("panels", "classes"), [(1, 3), (2, 10), (4, 20)])
def test_every_panel_has_its_points(tmp_path, panels, classes):
    names = [f"a class of a rather long name, number {row}" for row in range(classes)]
    svg, png = figure2b([panel(f"panel {n}", classes) for n in range(panels)], names, tmp_path / "figure2b")
    drawing = svg.read_text()
    assert drawing.count('id="axes_') == panels if panels != 4 else drawing.count('id="axes_') >= 4
    assert colours(png) > classes


def test_long_names_stay_inside_the_picture(tmp_path):
    names = ["great northern crested diver"] * 10
    _, png = figure2b([panel("alone", 10)], names, tmp_path / "figure2b")
    pixels = np.asarray(Image.open(png).convert("L"))
    assert (pixels[:, :3] == pixels[0, 0]).all()
    assert (pixels[:, -3:] == pixels[0, 0]).all()


def test_no_torch_is_needed():
    program = "import clipling.report.space, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
