"""A prompt learned together with the student, from the first step to a robot that is told new names."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import clipling
from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError
from clipling.files import read_jsonl
from clipling.language.config import TextConfig
from clipling.language.prompts import LearnedPrompt
from clipling.teacher import load_teacher
from clipling.training import loop

VECTORS = 4


@pytest.fixture(scope="module")
def prompted(tiny: dict[str, Any]) -> dict[str, Any]:
    return {**tiny, "recipe": "cls+im_cst+vl_prox", "text": TextConfig(prompt=VECTORS), "epochs": 3}


@pytest.fixture(scope="module")
def learned(prompted: dict[str, Any], runs: Path) -> clipling.Run:
    return clipling.distill(**prompted, out=runs / "learned")


def context_of(run: clipling.Run) -> torch.Tensor:
    return load_file(run.student / "prompt.safetensors")["context"]


def test_the_loss_falls_and_the_prompt_moves(learned: clipling.Run) -> None:
    losses = [row["loss"]["cls"] for row in read_jsonl(learned.log) if row["event"] == "epoch"]
    assert losses[-1] < losses[0]
    first = LearnedPrompt.drawn(VECTORS, load_teacher(teacher_spec()), seed=0).context
    moved = (context_of(learned) - first).norm(dim=1)
    assert bool((moved > 1e-3).all())


def test_figures_are_those_of_the_prompt_and_the_teachers_of_its_template(
    learned: clipling.Run, finished: clipling.Run
) -> None:
    assert learned.results["teacher"] == finished.results["teacher"]
    assert clipling.evaluate(learned).repeated
    stored = load_file(learned.student / "text.safetensors")["text"]
    teacher, entries = load_teacher(teacher_spec()), clipling.files.read_json(learned.student / "labels.json")
    rows = teacher.prompted([entry["name"] for entry in entries], VECTORS)(context_of(learned))
    torch.testing.assert_close(stored, rows, atol=1e-6, rtol=0)
    assert entries[0]["text"] == f"[{VECTORS} learned vectors] {entries[0]['name']}"
    assert "learned vectors" in (learned.student / "README.md").read_text()


def test_checkpoints_hold_the_prompt_and_nothing_of_the_teacher(learned: clipling.Run) -> None:
    state = torch.load(max(learned.checkpoints.glob("*.pt")), weights_only=True)
    assert set(state["prompt"]) == {"context"}
    assert not any("token_embedding" in name for name in state["net"])


def test_a_shipped_student_takes_new_names_in_its_prompt(learned: clipling.Run) -> None:
    teacher = load_teacher(teacher_spec())
    student = clipling.load(learned.folder)
    old = student.classes[0]
    student.set_classes(["moonlit wader", old])
    rows = teacher.prompted(["moonlit wader", old], VECTORS)(context_of(learned))
    torch.testing.assert_close(student._text, rows, atol=1e-6, rtol=0)
    student.set_classes(["moonlit wader", old], template="a drawing of {}")
    plain = teacher.encode_text(["a drawing of moonlit wader", f"a drawing of {old}"])
    torch.testing.assert_close(student._text, plain, atol=1e-6, rtol=0)


def test_stopped_and_resumed_is_bit_identical(
    prompted: dict[str, Any], learned: clipling.Run, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = loop.save_checkpoint

    def save_and_stop(folder: Path, state: dict[str, Any]) -> Path:
        save(folder, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "save_checkpoint", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        clipling.distill(**prompted, out=runs / "stopped-prompt")
    monkeypatch.setattr(loop, "save_checkpoint", save)
    run = clipling.distill(**prompted, out=runs / "stopped-prompt", resume=True)
    assert torch.equal(context_of(run), context_of(learned))
    before, after = (load_file(one.student / "model.safetensors") for one in (learned, run))
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_a_run_may_start_from_anothers_prompt(prompted: dict[str, Any], learned: clipling.Run, runs: Path) -> None:
    still = {**prompted, "epochs": 1, "optimizer": clipling.OptimizerConfig(lr=1e-12)}
    run = clipling.distill(**still, out=runs / "prompted-onwards", init_from=learned.folder)
    torch.testing.assert_close(context_of(run), context_of(learned), atol=1e-7, rtol=0)
    with pytest.raises(InputError, match=r"learned prompt has 4 x 64 numbers, not 2 x 64; .*--text\.prompt"):
        clipling.distill(**{**still, "text": TextConfig(prompt=2)}, out=runs / "misfit", init_from=learned.folder)
    assert not (runs / "misfit").exists()


@pytest.mark.parametrize(
    ("recipe", "vectors", "said"),
    [
        ("mse", 4, r"text\.prompt: a prompt is learned from the class texts"),
        ("cls", -1, r"text\.prompt is -1; expected 0"),
        ("cls", 75, "75 learned vectors: expected at least 1, and fewer than the 75 words"),
    ],
)
def test_what_cannot_be_learned_is_refused_and_leaves_nothing(
    tiny: dict[str, Any], tmp_path: Path, recipe: str, vectors: int, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        clipling.distill(**{**tiny, "recipe": recipe}, text=TextConfig(prompt=vectors), out=tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_a_bundle_that_is_being_replaced_is_found_as_a_start(
    prompted: dict[str, Any], learned: clipling.Run, tmp_path: Path
) -> None:
    shutil.copytree(learned.student, tmp_path / "run" / ".student.former")  # where a kill between two renames leaves it
    again = {**prompted, "epochs": 1, "optimizer": clipling.OptimizerConfig(lr=1e-12)}
    run = clipling.distill(**again, out=learned.folder.with_name("from-former"), init_from=tmp_path / "run")
    torch.testing.assert_close(context_of(run), context_of(learned), atol=1e-7, rtol=0)


def test_of_several_processes_the_first_one_alone_speaks() -> None:
    said = {
        rank: subprocess.run(
            [sys.executable, "-c", "from clipling.workflows.console import say; say('resuming')"],
            env={**os.environ, "RANK": rank},
            capture_output=True,
            text=True,
            check=True,
        ).stderr
        for rank in ("0", "1")
    }
    assert said == {"0": "resuming\n", "1": ""}
