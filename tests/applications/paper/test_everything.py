"""Every table and figure of the paper by one command, on the aviary; nothing is trained, so that it is quick."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clipling.applications.paper.everything import EVERYTHING, everything
from clipling.aviary import teacher_spec, write_aviary
from clipling.contracts.errors import InputError
from clipling.recipes.tables import IN_PAPER
from clipling.training.config import Hardware
from clipling.workflows.reproduction.parts import PARTS, Part
from workflows.desk import Desk

FIGURES = {
    "student": {"accuracy/id": 0.625, "accuracy/ood_zero_shot": 0.25},
    "finetune": {"after/ood": 0.375},
    "coherence": {"train/mse": 1.25, "train/degrees": 67.98},
}
"""Of every student; 62.5 / 25.0 / 37.5 in a cell of three."""


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "data": [write_aviary(tmp_path_factory.mktemp("birds") / "aviary", train=1, held_out=6)],
        "teacher": teacher_spec(),
        "student": "test_resnet",
        "budget": "tiny",
        "seeds": (0,),
        "hardware": Hardware(accelerator="cpu", precision="fp32", workers=0),
    }


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained: parts of a student give the same figures for all; the teacher is asked as ever."""
    monkeypatch.setattr("clipling.workflows.reproduction.work._machine", lambda run: {})

    def fixed(name: str) -> Callable[..., dict[str, float]]:
        return lambda *_: FIGURES.get(name, {"after/ood": 0.5})

    for name, part in PARTS.items():
        if part.of_student:
            monkeypatch.setitem(PARTS, name, Part(fixed(name), of_student=False))


@pytest.fixture
def without_umap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipling.workflows.reproduce.find_spec", lambda name: None)


def test_a_dry_run_lists_them_all_and_why_some_cannot_be_made(
    options: dict[str, Any], without_umap: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("clipling.workflows.reproduction.time.trial", lambda *_: 100.0)
    told = everything(**options, out=tmp_path / "out", dry_run=True)
    lines = told.text.splitlines()
    listed = dict(line.split(": ") for line in lines[: len(EVERYTHING)])
    assert {*listed} == {*(f"table{number}" for number in range(1, 13)), "figure1", "figure2b", "figure4"}
    assert {name for name, said in listed.items() if said == "left out"} == {"figure2b", "table12"}
    jobs = [line.partition(":")[0] for line in lines[len(EVERYTHING) :] if "; about" in line]
    assert len(set(jobs)) == len(jobs), "what tables share is run once"
    reasons = dict(line.split(": ", 1) for line in reversed(told.left_out))
    assert "need umap-learn" in reasons["figure2b"]
    assert "needs recorded scenes: give --scenes" in reasons["table12"]
    assert "clipling caption" in " ".join(told.left_out)
    assert not (tmp_path / "out").exists()


def test_one_folder_one_page_and_what_fails_stops_no_other(
    options: dict[str, Any], quick: None, without_umap: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> dict[str, float]:
        raise MemoryError("<no> memory")

    monkeypatch.setitem(PARTS, "half", Part(broken, of_student=False))
    made = everything(**options, out=tmp_path / "out")
    assert made.text == "13 of 15 tables and figures are made"
    assert made.files == (tmp_path / "out" / "index.html",)
    assert made.exit_status == 1
    assert [line.split(":")[0] for line in made.failed] == ["table11"]
    page = made.files[0].read_text()
    for name in EVERYTHING:
        assert page.count(f'<section id="{name}">') == 1
    for name in set(IN_PAPER) - {"figure2b"}:
        assert (tmp_path / "out" / f"{name}.md").is_file()
        assert f'<a href="{name}.csv">' in page
    assert "62.5 / 25.0 / 37.5 [65.4 / 12.8 / 30.3]" in page, "cls of Table 1, beside the paper's average"
    assert page.count("data:image/svg+xml;base64,") == 2, "Figures 1 and 4"
    assert "needs recorded scenes: give --scenes" in page
    assert "MemoryError: &lt;no&gt; memory" in page
    assert "not made yet" not in page


def test_where_nothing_can_be_made_every_reason_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = Desk(tmp_path, capsys).run(
        "reproduce", "all", "--data", tmp_path / "nowhere", "--out", tmp_path / "o"
    )
    assert status == 2
    assert said.startswith("error: no table or figure can be made:")
    assert all(f" {name}: " in said for name in EVERYTHING)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("wrong", "said"), [({"budget": "smal"}, "did you mean 'small'"), ({"seeds": (0, 0)}, "seeds are"),
                        ({"image_size": 3}, "image_size is 3"), ({"teacher": "RN51"}, "did you mean 'RN50'")],
)  # fmt: skip
def test_bad_options_are_refused_once(options: dict[str, Any], wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        everything(**{**options, **wrong}, dry_run=True)
    assert "table" not in str(caught.value)
