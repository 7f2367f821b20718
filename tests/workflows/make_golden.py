"""Write this processor's part of golden.json anew: the loss curves that a refactor must leave as they are.

    python tests/workflows/make_golden.py                                   # the best instructions the processor has
    ATEN_CPU_CAPABILITY=default python tests/workflows/make_golden.py       # torch without vector instructions

Only for a change that is meant to change training, or for a newer torch; say so in the commit.

Losses in fp32 depend on the arithmetic. Vector widths, threads and libraries change the order of sums; without vector
instructions torchvision also rounds resized pixels differently. So there is a curve for each of torch's CPU
capabilities, with the arithmetic it was made with. `golden.json` keeps the curves of other capabilities as they are.
"""

import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in the tests

import torch

import clipling
from clipling.aviary import teacher_spec, write_aviary
from clipling.files import read_json, read_jsonl, write_json
from clipling.workflows.environment import processor_name

sys.path.insert(0, str(Path(__file__).parents[1]))
from workflows.conftest import TINY

GOLDEN = Path(__file__).with_name("golden.json")


def capability() -> str:
    """The vector instructions that torch's own kernels use here: AVX512, AVX2, DEFAULT (none) or another name."""
    return torch.backends.cpu.get_cpu_capability()


def arithmetic() -> dict[str, Any]:
    """All that is known to change the last digits of a loss in fp32 on a CPU."""
    return {
        "versions": {name: version(name) for name in ("torch", "timm")},
        "processor": processor_name(),
        "threads": torch.get_num_threads(),
        "onednn_max_cpu_isa": os.environ.get("ONEDNN_MAX_CPU_ISA"),
    }


def loss_curve(run: clipling.Run) -> list[dict[str, float]]:
    """The losses of each epoch, with every named part."""
    return [row["loss"] for row in read_jsonl(run.log) if row["event"] == "epoch"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = write_aviary(Path(folder) / "aviary", train=2, held_out=2)
        run = clipling.distill(root, teacher_spec(), Path(folder) / "run", split=root / "split", **TINY)
        write_json(GOLDEN, {**read_json(GOLDEN), capability(): {"made_with": arithmetic(), "paper": loss_curve(run)}})


if __name__ == "__main__":
    main()
