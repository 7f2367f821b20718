"""`clipling coherence`: every measure of every part, from the bundle and the stored features, beside other results."""

import shutil
from pathlib import Path

import pytest
import torch

import clipling
from clipling.aviary import teacher_spec
from clipling.data.split import read_split
from clipling.deploy.bundle import read_bundle
from clipling.evaluation import coherence
from clipling.files import read_json
from clipling.teacher.store import FeatureStore
from workflows.conftest import HARDWARE, TINY
from workflows.desk import Desk

QUIET = ("--hardware.accelerator", "cpu", "--hardware.workers", 0)


@pytest.fixture
def run(finished: clipling.Run) -> clipling.Run:
    """A copy of the finished run, beside what it shares with others."""
    folder = finished.folder.with_name("measured")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(finished.folder, folder)
    return clipling.Run(folder)


def refuse_to_load(*_: object, **__: object) -> None:
    raise AssertionError("the teacher was loaded, though its features are stored")


def test_all_parts_are_measured_and_the_rest_is_kept(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("clipling.workflows.distillation.spaces.load_teacher", refuse_to_load)
    before = run.results
    run.page.unlink()
    status, said = Desk(tmp_path, capsys).run("coherence", run.folder, *QUIET)
    assert (status, "m_neigh 10" in said, "train" in said) == (0, True, True), said
    assert run.page.exists()
    after = run.results
    assert {key: value for key, value in after.items() if key != "coherence"} == {
        key: value for key, value in before.items() if key != "coherence"
    }
    assert list(after["coherence"]) == ["train", "id", "ood"]
    for measured in after["coherence"].values():
        assert set(measured) == {"m_rel", "m_neigh", "m_vlalign", "mse", "degrees"}
        assert set(measured["m_neigh"]) == {"3", "5", "10"}
        assert set(measured["m_vlalign"]) == {"2", "3", "5"}
    for part in ("id", "ood"):  # measured when the run ended, from the same bundle
        for key in ("m_rel", "mse", "degrees"):
            assert after["coherence"][part][key] == pytest.approx(before["coherence"][part][key])


def test_resuming_a_finished_run_keeps_what_was_measured_since(run, tiny, capsys):
    clipling.coherence(run, hardware=HARDWARE)
    before = run.results
    again = clipling.distill(**tiny, out=run.folder, resume=True)
    assert "nothing to resume" in capsys.readouterr().err
    assert again.results == before


def test_the_figures_are_those_of_the_bundle_and_the_store(finished, tmp_path):
    run = clipling.Run(shutil.copytree(finished.folder, tmp_path / "run"))  # beside no other run's features
    measured = clipling.coherence(run, hardware=HARDWARE)
    (store,) = (FeatureStore.open(path.parent) for path in tmp_path.glob(".clipling/features/*/manifest.json"))
    bundle, split = read_bundle(run.student), read_split(run.split, Path(run.config["data"]))
    student = clipling.load(run.student).encode_image([Path(run.config["data"]) / file for file in split.train])
    expected = coherence(student.cpu(), store.rows(split.train), bundle.text[: len(split.seen_classes)])
    assert measured.images == {"train": len(split.train), "id": len(split.id), "ood": len(split.ood)}
    for key in ("m_rel", "mse", "degrees"):
        assert measured.parts["train"][key] == pytest.approx(expected[key], abs=1e-5)


def test_features_that_are_gone_are_made_again_by_the_same_teacher_only(run, tmp_path, capsys, monkeypatch):
    desk = Desk(tmp_path, capsys)
    stored = clipling.coherence(run, hardware=HARDWARE).parts
    alone = tmp_path / "alone" / "run"
    shutil.copytree(run.folder, alone)
    assert clipling.coherence(alone, hardware=HARDWARE).parts == stored
    shutil.rmtree(alone.parent / ".clipling" / "features")
    before = read_json(alone / "results.json")
    other = desk.taught_by(lambda weight: weight * 1.01)
    settings = (alone / "config.yaml").read_text()
    (alone / "config.yaml").write_text(settings.replace(run.config["teacher"], other))
    status, said = desk.run("coherence", alone, *QUIET)
    assert (status, "other weights" in said) == (2, True), said
    assert read_json(alone / "results.json") == before


def test_what_is_no_finished_run_is_refused(run, tmp_path, capsys):
    desk = Desk(tmp_path, capsys)
    status, said = desk.run("coherence", tmp_path)
    assert (status, "no run" in said or "not finished" in said) == (2, True), said
    (run.folder / "results.json").unlink()
    status, said = desk.run("coherence", run.folder, *QUIET)
    assert (status, "not finished" in said) == (2, True), said


def test_a_run_without_unseen_classes_has_no_such_part(aviary, runs, tmp_path):
    seen = tmp_path / "all-seen"
    lists = read_split(aviary / "split", aviary)
    seen.mkdir()
    for part in ("train", "id"):
        (seen / f"{part}.txt").write_text("".join(f"{file}\n" for file in getattr(lists, part)))
    (seen / "ood.txt").write_text("")
    run = clipling.distill(aviary, teacher_spec(), runs / "no-ood", split=seen, recipe="cls", **{**TINY, "epochs": 1})
    assert list(clipling.coherence(run, hardware=HARDWARE).parts) == ["train", "id"]
    assert torch.isfinite(torch.tensor(run.results["coherence"]["id"]["degrees"]))
