"""The page of a training on scenes: what it says is in the run's files, and it needs nothing else."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from applications.pickclutter.conftest import SEEN, UNSEEN, drawn_scene
from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.objects import spoken_name
from clipling.applications.pickclutter.page import lead, looked
from clipling.applications.pickclutter.picker import Picker
from clipling.applications.pickclutter.report import report
from clipling.contracts.errors import InputError
from clipling.files import read_json, write_json
from clipling.report.measures import percent
from clipling.workflows.report import report as clipling_report
from clipling.workflows.run import Run


@pytest.fixture
def copy(finished: Run, tmp_path: Path) -> Run:
    shutil.copytree(finished.folder, tmp_path / "run", ignore=shutil.ignore_patterns("fewshot", "checkpoints"))
    return Run(tmp_path / "run")


def test_it_tells_the_figures_of_the_results(finished: Run) -> None:
    page, results = finished.page.read_text(), finished.results
    for key in ("measures", "measures_bundle"):
        for part in ("seen_id", "seen_ood", "unseen_ood"):
            assert percent(results[key][f"{part}/accuracy"]) in page
    assert results["objects"].keys() == {"seen_id", "seen_ood", "unseen_ood"}
    for part, objects in results["objects"].items():
        assert set(objects) == set(UNSEEN if part == "unseen_ood" else SEEN)
        assert results["without_looking"][f"{part}/accuracy"] == pytest.approx(
            1 - sum(row["scenes"] for row in objects.values()) / len(objects) / (8 if part == "seen_id" else 10)
        )
    table = page[page.index("Object by object") :]
    assert all(f">{spoken_name(one)}</th>" in table for one in SEEN + UNSEEN)


def test_scenes_are_shown_with_what_the_student_says(finished: Run, files: Path) -> None:
    page, episodes, picker = finished.page.read_text(), Episodes(files / "ood.h5"), Picker.load(finished.student)
    assert page.count("data:image/jpeg;base64,") == 4 * len(picker.names)
    for scene in list(episodes)[-4:]:
        shown = page[page.index(f"<h3>{scene.name}") :].split("</ul>")[0]
        present = {spoken_name(one) for one in scene.objects}
        for name, score in picker.look(scene).items():
            mark = "✓" if (score > 0.5) == (name in present) else "✗"
            said = rf"<b>{name}</b>\s*<p class=\"\w+\">{mark} {'yes' if score > 0.5 else 'no'}, {score:.2f}</p>"
            assert re.search(said, shown), (name, shown)
    assert not re.search(r"(src|href)=\"(?!data:|student/)", page), "one file that needs nothing else"


def test_it_is_bright_where_it_was_looked() -> None:
    heat = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    pixels = np.asarray(looked(drawn_scene(0, SEEN, 3), heat), np.float32).mean(axis=2)
    side = pixels.shape[0]
    for camera in (pixels[:, :side], pixels[:, side:]):
        corners = [camera[:20, :20], camera[:20, -20:], camera[-20:, -20:]]
        assert camera[-20:, :20].mean() > max(corner.mean() for corner in corners) + 30


def test_the_verb_writes_it_again_and_says_when_scenes_are_gone(copy: Run, tmp_path: Path) -> None:
    before = copy.page.read_text()
    copy.page.unlink()
    assert report(copy.folder).page == copy.page
    assert copy.page.read_text() == before.replace("finished: report", "run: report").replace(">finished<", ">run<")
    config = (copy.folder / "config.yaml").read_text()
    (copy.folder / "config.yaml").write_text(config.replace("ood.h5", "gone.h5"))
    report(copy)
    assert "No scene can be shown: gone.h5 is not where the settings say." in copy.page.read_text()


def test_damaged_and_other_runs_are_refused(copy: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"labels.json: no such file; expected a run of `clipling distill`"):
        clipling_report([copy.folder])
    with pytest.raises(InputError, match="no run"):
        report(tmp_path)
    results = read_json(copy.folder / "results.json")
    results["objects"]["seen_id"]["011_banana"]["recall"] = "all"
    write_json(copy.folder / "results.json", results)
    with pytest.raises(InputError, match=r"results.json: 'objects.seen_id.011_banana.recall' is 'all'"):
        report(copy)


def test_the_lead_names_the_floor() -> None:
    measured = {"seen_id/accuracy": 0.9, "seen_id/f1": 0.5}
    assert lead(measured, {}) == (
        "Asked for the objects it was trained on, this student is right in 90.0\xa0% of its answers, "
        "with an F1 of 50.0\xa0%."
    )
    said = lead({**measured, "unseen_ood/accuracy": 0.7, "unseen_ood/f1": 0.4}, {"unseen_ood/accuracy": 0.6})
    assert said == (
        "Asked for objects it never saw, this student is right in 70.0\xa0% (saying no to everything: 60.0\xa0%) of "
        "its answers, with an F1 of 40.0\xa0%."
    )
    assert "Nothing was measured" in lead({}, {})
