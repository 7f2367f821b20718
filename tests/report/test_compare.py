"""Several runs on one page."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.report.compare import run_names, write_comparison
from clipling.workflows.report import report

from .test_page import Page


def test_runs_side_by_side(make_run: Callable[..., Path], tmp_path: Path) -> None:
    runs = [make_run("a"), make_run("b", seed=1, lift=0.02), make_run("c", recipe="cls", image_size=32)]
    path = write_comparison(runs, tmp_path / "out" / "page.html")
    assert path == tmp_path / "out" / "page.html"
    page = Page(path.read_text())
    said = re.sub(r"\s+", " ", page.text)
    assert "paper 0, 1" in said
    assert "42.1 ± 1.4 (2)" in said
    assert "image_size 224 224 32" in said
    assert "teacher: ViT-L-14/openai" in said
    assert len([svg for svg in page.all("svg") if "aria-label" in svg]) == 5
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_a_folder_receives_the_page(make_run: Callable[..., Path], tmp_path: Path) -> None:
    assert write_comparison([make_run()], tmp_path) == tmp_path / "comparison.html"


def test_a_folder_alone_is_one_run(make_run: Callable[..., Path]) -> None:
    run = make_run()
    assert report(str(run)).page == report([run]).page == run / "report.html"


def test_runs_with_and_without_unseen_classes(make_run: Callable[..., Path], tmp_path: Path) -> None:
    text = Page(write_comparison([make_run("a"), make_run("b", unseen=False)], tmp_path).read_text()).text
    assert "hold out different classes" in text
    assert "Unseen (zero-shot OOD) " in text


def test_only_runs_of_every_class(make_run: Callable[..., Path], tmp_path: Path) -> None:
    text = Page(write_comparison([make_run("a", unseen=False)], tmp_path).read_text()).text
    assert "Unseen (zero-shot OOD) " not in text
    assert "Comparison of 1 run " in text


def test_other_teachers_are_pointed_out(make_run: Callable[..., Path], tmp_path: Path) -> None:
    runs = [make_run("a"), make_run("b", teacher="RN50/openai")]
    assert "different teachers" in write_comparison(runs, tmp_path).read_text()


def test_no_run_and_the_same_run_twice(make_run: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run was given"):
        write_comparison([], tmp_path)
    run = make_run("a")
    with pytest.raises(InputError, match="given twice"):
        write_comparison([run, run / ".." / "a"], tmp_path)


def test_names_are_the_shortest_that_differ() -> None:
    assert run_names([Path("/x/a"), Path("/x/b")]) == ["a", "b"]
    assert run_names([Path("/x/s0/paper"), Path("/x/s1/paper")]) == ["s0/paper", "s1/paper"]
