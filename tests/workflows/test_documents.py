"""Every code block of the documentation is run, small, and every command is parsed as the shell would have it.

`PYTHON` says what a block of Python needs, and what stands in the place of what takes long or a network; `NOT_PYTHON`,
why a block is none. A block that is in neither fails, and so does an entry without a block.
"""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image

import clipling
from blocks import PAGES, ROOT, Block, blocks
from clipling.aviary import SPECIES, teacher_spec
from clipling.cli import app, routed
from clipling.contracts.errors import InputError
from clipling.data.split import read_split
from clipling.student import create_student
from clipling.teacher import load_teacher
from clipling.tensors import unit
from workflows.conftest import TINY

EVERY = [block for page in PAGES for block in blocks(page)]
Names = dict[str, Any]
"""What a block uses without having made it."""


@dataclass
class Place:
    """The folder to run in, the aviary, and a finished run on it."""

    folder: Path
    aviary: Path
    finished: clipling.Run

    def run_at(self, *names: str) -> None:
        """A copy of the run, with what it shares with runs beside it."""
        for name in names:
            shutil.copytree(self.finished.folder, self.folder / name, ignore=shutil.ignore_patterns("checkpoints"))
            beside = (self.folder / name).parent / ".clipling"
            if not beside.exists():
                shutil.copytree(self.finished.folder.parent / ".clipling", beside)

    def picture_at(self, *names: str) -> np.ndarray:
        """A picture of a bird, under these names."""
        picture = Image.open(self.aviary / self.files[0]).convert("RGB")
        for name in names:
            picture.save(self.folder / name)
        return np.asarray(picture)

    @property
    def files(self) -> tuple[str, ...]:
        return read_split(self.aviary / "split", self.aviary).id[:2]


def nothing(_: Place) -> Names:
    return {}


def a_folder(place: Place) -> Names:
    (place.folder / "photos").symlink_to(place.aviary)
    place.picture_at("flower.jpg")
    return {"QUICK": {**TINY, "epochs": 1, "split": place.aviary / "split"}}


def the_data(place: Place) -> Names:
    from clipling.data import augment, folder, labels, loader, pixels, split

    (place.folder / "birds").symlink_to(place.aviary)
    rooms = {
        name: value for room in (augment, folder, labels, loader, pixels, split) for name, value in vars(room).items()
    }
    return rooms | {"Path": Path, "root": Path("birds")}


def a_student(place: Place) -> Names:
    place.run_at("run")
    array = place.picture_at("bird.jpg", "a.jpg")
    return {"picture": Image.fromarray(array), "array": array}


def a_run(place: Place) -> Names:
    place.run_at("runs/first")
    return {"clipling": clipling, "QUICK": {"hardware": TINY["hardware"], "epochs": 1}}


def two_runs(place: Place) -> Names:
    place.run_at("runs/paper", "runs/cls", "runs/semantics")
    return {"clipling": clipling, "Path": Path}


def a_measurement(_: Place) -> Names:
    from clipling.data.loader import Batch

    text, rows = unit(torch.randn(4, 16)), unit(torch.randn(3, 16))
    batch = Batch(torch.zeros(3, 3, 32, 32, dtype=torch.uint8), torch.arange(3))
    return {
        **{"net": create_student("test_resnet", width=16, image_size=32), "loader": [batch], "count": 3},
        **{
            "id_labels": torch.tensor([0, 0, 1]),
            "seen_text": text[:2],
            "seen_names": ("wren", "kite"),
            "id_features": rows,
        },
        **{"ood_labels": torch.tensor([1, 0, 1]), "unseen_text": text[2:], "unseen_names": ("swan", "lark")},
        **{"ood_features": rows},
    }


def rows(_: Place) -> Names:
    names = ("image", "text", "teacher_image", "student_features", "teacher_features")
    loss = {"student": torch.nn.Linear(3, 8), "pixels": torch.randn(9, 3), "labels": torch.arange(9)}
    return loss | {name: unit(torch.randn(9, 8)) for name in names}


def a_teacher(place: Place) -> Names:
    teacher, names = load_teacher(teacher_spec()), {bird.key: bird.name for bird in SPECIES[:2]}
    (place.folder / "data").symlink_to(place.aviary)
    told = {"classes": [*names], "descriptions": dict.fromkeys(names, "A bird."), "texts": ["a bird"]}
    return told | {
        "teacher": teacher,
        "names": names,
        "files": place.files,
        "context": torch.zeros(8, teacher.token_width),
    }


def a_prompt(place: Place) -> Names:
    from clipling.language.prompts import LearnedPrompt

    return a_teacher(place) | {"LearnedPrompt": LearnedPrompt, "names": ["heron", "coot"], "seed": 0}


def pictures(_: Place) -> Names:
    return {"images": torch.zeros(1, 3, 224, 224, dtype=torch.uint8)}


def a_recording(place: Place) -> Names:
    from clipling.applications.pickclutter.episodes import Observation, write_episodes

    rgb, depth = np.zeros((8, 8, 3), np.uint8), np.ones((8, 8, 1), np.float32)
    write_episodes(place.folder / "ood.h5", [Observation("traj_000000", rgb, depth, rgb, depth, ("011_banana",))])
    return {}


class Needs(NamedTuple):
    """setup: makes files and names. instead: what is swapped. refused: the error that is the answer here."""

    setup: Callable[[Place], Names]
    instead: Mapping[str, str] = MappingProxyType({})
    refused: str | None = None


_LARGE = {"ViT-L-14/openai": teacher_spec()}  # its weights would come over a network
PYTHON = {
    ("README.md", "import clipling"): Needs(a_folder, _LARGE | {'"runs/first")': '"runs/first", **QUICK)'}),
    ("docs/aviary.md", "from pathlib import Path"): Needs(
        nothing, {'Path("aviary")': 'Path("aviary"), train=1, held_out=1'}
    ),
    ("docs/data.md", "folder = scan("): Needs(
        the_data,
        {
            "workers=4": "workers=1",
            "size=224": "size=32",
            "storage_size(224)": "storage_size(32)",
            "batch_size=128": "batch_size=8",
        },
    ),
    ("docs/data.md", "from clipling.data.sets.fetch"): Needs(
        nothing,
        refused="clipling data fetch Flower102",  # it would come over a network
    ),
    ("docs/deploy.md", "import clipling"): Needs(
        a_student,
        {'clipling.load("hf-hub:ORG/NAME")': "student"},  # the Hub is on a network; tests/workflows/test_push.py
    ),
    ("docs/evaluation.md", "from clipling.evaluation import"): Needs(a_measurement),
    ("docs/evaluation.md", "clipling coherence RUN"): Needs(a_run),
    ("docs/evaluation.md", "from clipling.workflows.reproduction.projection"): Needs(two_runs),
    ("docs/evaluation.md", "clipling fewshot RUN"): Needs(a_run, {"shots=5, draws=5": "shots=1, draws=2, **QUICK"}),
    ("docs/language.md", "from clipling.language.captions"): Needs(a_teacher),
    ("docs/losses.md", "from clipling.losses"): Needs(rows),
    ("docs/metrics.md", "from clipling.metrics"): Needs(rows),
    ("docs/pickclutter.md", "from clipling.applications.pickclutter.episodes"): Needs(a_recording),
    ("docs/report.md", "from pathlib import Path"): Needs(two_runs),
    ("docs/student.md", "from clipling.student"): Needs(pictures, {"resnet18": "resnet10t"}),
    ("docs/teacher.md", "from clipling.teacher import"): Needs(
        a_teacher, _LARGE | {"cuda": "cpu", "bf16": "fp32", "workers=8": "workers=1"}
    ),
    ("docs/teacher.md", "texts = teacher.prompted("): Needs(a_teacher),
    ("docs/training.md", "texts = teacher.prompted("): Needs(a_prompt),
}
"""By page and the beginning of the block."""
NOT_PYTHON = {
    ("docs/architecture.md", "images + class names"): "the story, as a drawing",
    ("docs/architecture.md", "flowchart LR"): "a drawing",
    ("docs/aviary.md", "a photo of {name}"): "what the command above it prints",
    ("docs/pickclutter.md", "<episode>/dict_str_base_camera"): "the layout of a file",
    ("docs/pickclutter.md", "from clipling.applications.pickclutter import Picker"): (
        "a robot's loop without an end, for a trained student: tests/applications/pickclutter/test_picker.py"
    ),
    ("docs/workflows.md", "config.yaml  "): "the files of a run",
}


def known(block: Block, table: dict[tuple[str, str], Any]) -> tuple[str, str] | None:
    found = [key for key in table if key[0] == block.page and block.lines[0].startswith(key[1])]
    assert len(found) < 2, found
    return found[0] if found else None


WITH_PYTHON = [block for block in EVERY if block.python.strip()]


def test_every_block_is_in_a_table_and_every_entry_has_its_block() -> None:
    missing = [block for block in WITH_PYTHON if (known(block, PYTHON) is None) == (known(block, NOT_PYTHON) is None)]
    assert not missing, "say in PYTHON or in NOT_PYTHON how these are run"
    keys = [known(block, PYTHON) or known(block, NOT_PYTHON) for block in WITH_PYTHON]
    assert sorted(keys) == sorted([*PYTHON, *NOT_PYTHON])


@pytest.mark.parametrize(
    "block",
    [pytest.param(block, id=f"{block.page}: {block.lines[0][:40]}") for block in WITH_PYTHON if known(block, PYTHON)],
)
def test_python_runs(
    block: Block, aviary: Path, finished: clipling.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = PYTHON[known(block, PYTHON)]
    code = block.python
    for long, short in needs.instead.items():
        assert long in code, f"'{long}' is not there any more"
        code = code.replace(long, short)
    names = needs.setup(Place(tmp_path, aviary, finished)) | {"__name__": "__main__"}
    monkeypatch.chdir(tmp_path)
    refused = needs.refused
    if "draw_runs" in code and not umap_is_here():
        refused = "umap-learn is not installed"  # all but the last step, whose package comes with the extra `figures`
    if refused is None:
        exec(compile(code, f"{block.page}: {block.lines[0]}", "exec"), names)
    else:
        with pytest.raises(InputError, match=refused):
            exec(compile(code, f"{block.page}: {block.lines[0]}", "exec"), names)


def umap_is_here() -> bool:
    try:
        import umap  # noqa: F401
    except ImportError:
        return False
    return True


def clipling_parses(words: list[str]) -> None:
    if words[:2] == ["distill", "..."]:
        words = ["distill", "ROOT", "TEACHER", "RUN", *words[2:]]
    if "--config" in words:  # of every verb; the file is read before the options
        place = words.index("--config")
        words = words[:place] + words[place + 2 :]
    command, *_ = app.parse_args(routed(words), exit_on_error=False, print_error=False)
    assert command.__module__.startswith("clipling.")


def make_knows(words: list[str]) -> None:
    assert re.search(rf"^{words[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), words[0]


def pip_knows(words: list[str]) -> None:
    for extra in re.findall(r"clipling\[(\w+)\]", words[-1]):
        assert re.search(rf"^{extra} = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE), extra


def script_knows(words: list[str]) -> None:
    script = (ROOT / words[0]).read_text()
    assert all(f'"{word}"' in script for word in words if word.startswith("--")), words


def torchrun_starts(words: list[str]) -> None:
    clipling_parses(words[words.index("clipling") + 1 :])


def somewhere_else(_: list[str]) -> None:
    """What no machine but the reader's can do: another machine, its shell's own words."""


PROGRAMS = {
    "clipling": clipling_parses,
    "make": make_knows,
    "pip": pip_knows,
    "python": script_knows,
    "torchrun": torchrun_starts,
    **dict.fromkeys((".", "cp", "export", "find", "scp", "ssh"), somewhere_else),
}
COMMANDS = [(block.page, command) for block in EVERY for command in block.commands]


@pytest.mark.parametrize(
    ("page", "words"), COMMANDS, ids=[f"{page}: {' '.join(words)[:60]}" for page, words in COMMANDS]
)
def test_commands_are_understood(page: str, words: list[str]) -> None:
    PROGRAMS[words[0]](words[1:])


PAGE = """\
- a list
    that goes on

    clipling a 'x # y' [--b C]   # why: it's so

    for t in u v; do clipling $t; done
    for a in 1 2; do for b in x; do
        B=c clipling $a \\
            $b
    done; done

```python
x = 1

    y
```
text

    export A=b
    A=b clipling \\
        c | clipling d && make e
    z = 2
"""


def test_blocks_are_found_as_markdown_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    monkeypatch.setattr("blocks.ROOT", tmp_path)
    page.write_text(PAGE)
    first, second, third = blocks(page)
    loops = [["clipling", "u"], ["clipling", "v"], ["clipling", "1", "x"], ["clipling", "2", "x"]]
    assert first.commands == [["clipling", "a", "x # y", "--b", "C"], *loops]
    assert first.python == ""
    assert (second.commands, second.python) == ([], "x = 1\n\n    y")
    assert third.commands == [["export"], ["clipling", "c"], ["clipling", "d"], ["make", "e"]]
    assert third.python == "z = 2"
