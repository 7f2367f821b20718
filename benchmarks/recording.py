"""How a benchmark leaves its figures: one file, with the command, the machine, the commit and the date beside them."""

import datetime
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch

from clipling.training.config import Hardware
from clipling.training.devices import make_fabric
from clipling.workflows.environment import describe_environment

RESULTS = Path(__file__).parent / "results"


def write_record(
    name: str,
    figures: dict[str, Any],
    *,
    private: Mapping[str, Path],
    folder: Path = RESULTS,
    precision: Literal["auto", "fp32"] = "auto",
) -> None:
    """Write `figures` to `<name>_<cpu or gpu>_<date>.json` in `folder`, and print them.

    private: folders of this machine by the word that stands for each in the recorded command. precision: what was
    computed in, auto being that of a training by default.
    """
    command = f"python benchmarks/{Path(sys.argv[0]).name} {shlex.join(sys.argv[1:])}".strip()
    for word, place in private.items():
        command = command.replace(str(place), word)
    record = {
        "command": command,
        "date": str(datetime.date.today()),
        **figures,
        "environment": describe_environment(make_fabric(Hardware(precision=precision))),
    }
    device = "gpu" if torch.cuda.is_available() else "cpu"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}_{device}_{record['date']}.json"
    path.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(figures, indent=1), path, sep="\n")
