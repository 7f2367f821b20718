"""How long a control loop waits for an answer about one observation: p50 and p95, from pictures to scores and a map.

    python benchmarks/pickclutter.py --bundle RUN/student --scenes ood.h5 [--threads 2] [--looks 200]

An observation is looked at with all names of the bundle, whose texts were computed when the `Picker` was made; resizing
is part of the time, reading the file is not. The loop goes round the scenes, after some looks that do not count.
"""

import argparse
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.picker import Picker
from recording import write_record

_WARM_UP, _SCENES = 10, 16


def latencies(picker: Picker, scenes: Path, looks: int) -> list[float]:
    """Seconds of each look, one after the other."""
    episodes = Episodes(scenes)
    observations = [episodes[row] for row in range(min(_SCENES, len(episodes)))]
    times = []
    for seen in islice(cycle(observations), looks + _WARM_UP):
        started = time.perf_counter()
        picker.look(seen)
        picker.where(picker.names[0])
        times.append(time.perf_counter() - started)
    return times[_WARM_UP:]


def main() -> None:
    """Measure and write the result beside the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--looks", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    picker = Picker.load(options.bundle)
    p50, p95 = (
        1000 * float(value) for value in np.percentile(latencies(picker, options.scenes, options.looks), (50, 95))
    )
    figures: dict[str, Any] = {
        "student": picker.architecture,
        "image_size": picker.image_size,
        "names": len(picker.names),
        "pictures": Episodes(options.scenes).size,
        "p50_ms": p50,
        "p95_ms": p95,
        "looks_per_second": 1000 / p50,
    }
    private = {"BUNDLE": options.bundle, "FILE": options.scenes}
    name = f"pickclutter_{picker.image_size}px"
    write_record(name, figures, private=private, folder=options.out, precision="fp32")


if __name__ == "__main__":
    main()
