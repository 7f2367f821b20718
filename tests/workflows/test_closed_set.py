"""A closed set: an ordinary classifier of the seen classes, which few shots give vectors for the unseen ones."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import clipling
from clipling.contracts.errors import InputError
from clipling.data.loader import Batch
from clipling.files import read_json, read_jsonl, read_lines
from clipling.language.config import TextConfig
from clipling.tensors import unit
from clipling.training.config import LossConfig
from workflows.conftest import HARDWARE


@pytest.fixture(scope="module")
def closed(tiny: dict[str, Any], runs: Path) -> clipling.Run:
    return clipling.distill(**{**tiny, "recipe": "closed_set", "epochs": 3}, out=runs / "closed")


@pytest.fixture(scope="module")
def shown(closed: clipling.Run) -> clipling.Run:
    clipling.fewshot(closed, shots=1, epochs=2, hardware=HARDWARE)
    return clipling.Run(closed.folder / "fewshot" / "finetune-1-draw0")


def vectors(run: clipling.Run) -> dict[str, torch.Tensor]:
    rows = load_file(run.student / "text.safetensors")["text"]
    return {entry["class"]: row for entry, row in zip(read_json(run.student / "labels.json"), rows, strict=True)}


def test_only_seen_classes_are_measured(closed: clipling.Run) -> None:
    assert closed.results["accuracy"].keys() == closed.results["accuracy_bundle"].keys() == {"id"}
    losses = [row["loss"] for row in read_jsonl(closed.log) if row["event"] == "epoch"]
    assert losses[0].keys() == {"loss", "cls"}
    assert losses[-1]["cls"] < losses[0]["cls"]
    assert clipling.evaluate(closed).repeated
    assert len(read_lines(closed.split / "ood.txt")) == 200, "the split keeps what few shots are drawn from"


def test_its_vectors_are_learned_and_belong_to_seen_classes(closed: clipling.Run, finished: clipling.Run) -> None:
    rows = torch.stack(list(vectors(closed).values()))
    assert sorted(vectors(closed)) == read_json(closed.split / "split.json")["seen_classes"]
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(100))
    assert float((rows @ rows.T).fill_diagonal_(0).abs().max()) < 0.9, "no texts, which are all alike"


def test_it_resumes_in_the_same_bits(closed: clipling.Run, tiny: dict[str, Any]) -> None:
    before = vectors(closed)
    (closed.checkpoints / "epoch-0003.pt").unlink()
    (closed.folder / "report.html").unlink()  # written last: the run was stopped before
    clipling.distill(**{**tiny, "recipe": "closed_set", "epochs": 3}, out=closed.folder, resume=True)
    assert all(torch.equal(row, before[label]) for label, row in vectors(closed).items())


def test_its_space_is_compared_with_no_teachers(closed: clipling.Run) -> None:
    with pytest.raises(InputError, match="a student of a closed set has a space of its own"):
        clipling.coherence(closed)


def test_a_deployed_one_refuses_other_classes(closed: clipling.Run) -> None:
    student = clipling.load(closed.folder)
    known = student.classes[:3]
    student.set_classes(known)
    assert student.classes == known
    with pytest.raises(InputError, match="a closed set of 100 classes and knows no other"):
        student.set_classes([known[0], "a lotus"])
    assert "no other class is known" in (closed.student / "README.md").read_text()


def test_few_shots_add_vectors_and_go_on_with_the_others(closed: clipling.Run, shown: clipling.Run) -> None:
    assert shown.results["before"].keys() == {"id"}, "it had no vector for an unseen class"
    assert shown.results["after"].keys() == shown.results["after_bundle"].keys() == {"id", "ood"}
    assert closed.results["accuracy"]["ood_few_shot"].keys() == {"1"}
    before, after = vectors(closed), vectors(shown)
    assert len(after) == 200
    assert all(float(after[label] @ row) > 0.9 for label, row in before.items()), "seen classes keep theirs, nearly"


def test_seen_and_unseen_classes_have_classifiers_of_their_own(
    closed: clipling.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen images teach no vector of an unseen class, and shots none of a seen one."""
    split = read_json(closed.split / "split.json")
    seen, classes = set(split["seen_classes"]), sorted(split["seen_classes"] + split["unseen_classes"])
    reached: dict[str, set[bool]] = {}

    def one_look(fabric: Any, trainee: Any, plan: Any) -> None:
        for name, rows in {"seen": torch.arange(200), "shots": torch.arange(200, 300)}.items():
            trainee.prompt.context.grad = None
            images = unit(torch.randn(len(rows), trainee.net.width))
            plan.lesson(images, Batch(torch.empty(0), rows))["loss"].backward()
            moved = trainee.prompt.context.grad.abs().sum(dim=1) > 0
            reached[name] = {label in seen for label, does in zip(classes, moved, strict=True) if does}
        raise KeyboardInterrupt

    monkeypatch.setattr("clipling.workflows.few_shots.finetune.fit", one_look)
    with pytest.raises(KeyboardInterrupt):
        clipling.fewshot(closed, shots=1, epochs=2, draw=1, hardware=HARDWARE)
    assert reached == {"seen": {True}, "shots": {False}}


def test_what_makes_no_sense_is_refused(closed: clipling.Run, tiny: dict[str, Any], runs: Path) -> None:
    with pytest.raises(InputError, match="a space of its own"):
        clipling.fewshot(closed, shots=1, method="retrieval", hardware=HARDWARE)
    with pytest.raises(InputError, match=r"goes with losses\.cls alone"):
        clipling.distill(**tiny, out=runs / "never", losses=LossConfig(cls=1, mse=1), text=TextConfig(closed=True))
    assert not (runs / "never").exists()
