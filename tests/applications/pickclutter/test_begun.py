"""A training that was stopped does not go on with other scenes, texts or weights of the teacher."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from applications.pickclutter.conftest import SEEN, UNSEEN, drawn_scene
from clipling.applications.pickclutter.episodes import write_episodes
from clipling.applications.pickclutter.train import train
from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError
from clipling.files import read_json, write_jsonl
from clipling.workflows.run import Run

Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def command(tiny: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A training of one epoch that was stopped at its end, over files of its own."""
    own = tmp_path_factory.mktemp("own")
    describe(own / "descriptions.jsonl", "looks like a {}")
    teacher = shutil.copytree(teacher_spec().removeprefix("local-dir:"), own / "teacher")
    files = {name: Path(shutil.copy(tiny[name], own)) for name in ("train", "id", "ood")}
    told = {"teacher": f"local-dir:{teacher}", "descriptions": own / "descriptions.jsonl", "out": own / "run"}
    command = {**tiny, **files, **told, "recipe": "cls+im_cst+semantics", "epochs": 1}
    train(**command)
    (own / "run" / "results.json").unlink()
    return command


def describe(file: Path, text: str) -> None:
    write_jsonl(file, [{"class": one, "text": text.format(one[4:])} for one in (*SEEN, *UNSEEN)])


def describe_otherwise(file: Path) -> None:
    describe(file, "looks like an old {}")


def draw_otherwise(file: Path) -> None:
    write_episodes(file, (drawn_scene(number, SEEN, seed=7) for number in range(24)))


def show_no_unseen(file: Path) -> None:
    write_episodes(file, (drawn_scene(number, SEEN, seed=7) for number in range(10)))


def retune(file: Path) -> None:
    weights = load_file(file)
    save_file({**weights, "logit_scale": weights["logit_scale"] + 1}, file)


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (
            "descriptions.jsonl",
            describe_otherwise,
            "with 'banana . looks like a banana' .* 'banana . looks like an old",
        ),
        ("train.h5", draw_otherwise, r"run: was begun with training scenes of other names or objects"),
        ("ood.h5", show_no_unseen, "with 'orange . .*' as the text of object '017_orange', which is 'nothing' now"),
        ("teacher/open_clip_model.safetensors", retune, r"teacher: other weights \(SHA-256 .* learned from"),
    ],
)
def test_resume_refuses_what_the_run_was_not_begun_with(
    command: dict[str, Any], file: str, change: Change, message: str
) -> None:
    changed = command["out"].parent / file
    before, begun = changed.read_bytes(), Run(command["out"]).begun.read_bytes()
    change(changed)
    try:
        with pytest.raises(InputError, match=message):
            train(**command, resume=True)
    finally:
        changed.write_bytes(before)
    assert Run(command["out"]).begun.read_bytes() == begun
    assert train(**command, resume=True).measures == Run(command["out"]).results["measures"]


def test_what_an_older_version_began_is_resumed_and_says_so(
    command: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(command["out"])
    before = read_json(run.begun)
    run.begun.unlink()
    train(**command, resume=True)
    assert "does not record what it was begun with" in capsys.readouterr().err
    assert read_json(run.begun) == before
