"""Write golden.json anew: the loss curves that a refactor must leave as they are.

    python tests/workflows/make_golden.py

Only for a change that is meant to change training; say so in the commit.
"""

import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import clipling
from clipling.aviary import teacher_spec, write_aviary
from clipling.files import read_jsonl, write_json

sys.path.insert(0, str(Path(__file__).parent))
from conftest import TINY

GOLDEN = Path(__file__).with_name("golden.json")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = write_aviary(Path(folder) / "aviary", train=2, held_out=2)
        run = clipling.distill(root, teacher_spec(), Path(folder) / "run", split=root / "split", **TINY)
        curves = [row["loss"] for row in read_jsonl(run.log) if row["event"] == "epoch"]
        write_json(GOLDEN, {"versions": {name: version(name) for name in ("torch", "timm")}, "paper": curves})


if __name__ == "__main__":
    main()
