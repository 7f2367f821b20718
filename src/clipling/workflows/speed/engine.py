"""One engine in a process of its own, which imports what that engine needs and nothing else.

`python -m clipling.workflows.speed.engine ORDER` prints one line of JSON.

Shapes: B images, S x S pixels.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from clipling.workflows.speed.stopwatch import percentile, seconds_each

Action = Callable[[], object]
Prepare = Callable[[np.ndarray], Action]
"""From (B, S, S, 3) bytes to what is measured."""


def _torch(place: str) -> tuple[Prepare, int]:
    import torch

    from clipling.deploy.bundle import MODEL, read_bundle

    net = read_bundle(Path(place)).net

    def prepare(images: np.ndarray) -> Action:
        batch = torch.from_numpy(images).permute(0, 3, 1, 2)
        return lambda: net.encode_image(batch)

    return prepare, (Path(place) / MODEL).stat().st_size


def _onnx(place: str) -> tuple[Prepare, int]:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = int(os.environ["OMP_NUM_THREADS"])
    options.log_severity_level = 3
    session = InferenceSession(place, options, providers=["CPUExecutionProvider"])
    [given] = session.get_inputs()
    return lambda images: lambda: session.run(None, {given.name: images}), Path(place).stat().st_size


def _teacher(place: str) -> tuple[Prepare, int]:
    from clipling.teacher.tower import load_teacher

    teacher = load_teacher(place)
    return _of_tower(teacher.model, teacher.image_size)


def _random(place: str) -> tuple[Prepare, int]:
    from clipling.teacher.sources import untrained

    model: Any = untrained(place).eval()
    return _of_tower(model, model.visual.image_size)


def _of_tower(model: Any, size: int | tuple[int, int]) -> tuple[Prepare, int]:
    """The image tower at its own size: what it sees in place of the student's pictures."""
    import torch

    height, width = (size, size) if isinstance(size, int) else size

    def prepare(images: np.ndarray) -> Action:
        batch = torch.rand(len(images), 3, height, width)
        return torch.no_grad()(lambda: model.encode_image(batch))

    return prepare, sum(value.numel() * value.element_size() for value in model.visual.state_dict().values())


ENGINES = {"torch": _torch, "onnx": _onnx, "teacher": _teacher, "random": _random}


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Load the engine, answer once, then measure every size of batch."""
    prepare, size = ENGINES[order["kind"]](order["place"])
    noise = np.random.default_rng(0).integers(0, 256, (max(order["batch"]), order["size"], order["size"], 3), np.uint8)
    prepare(noise[:1])()
    cold = time.time() - float(os.environ["CLIPLING_STARTED"])
    taken = {
        batch: seconds_each(prepare(noise[:batch]), budget=order["seconds"], at_least=3) for batch in order["batch"]
    }
    return {
        "cold_start_s": cold,
        "peak_memory_mb": _peak_bytes() / 1e6,
        "disk_mb": size / 1e6,
        "p50_ms": {batch: percentile(each, 50) * 1000 for batch, each in taken.items()},
        "p95_ms": {batch: percentile(each, 95) * 1000 for batch, each in taken.items()},
    }


def _peak_bytes() -> int:
    """The most memory this process had at once. On Linux getrusage would answer for the parent, where that had more."""
    status = Path("/proc/self/status")
    if status.is_file():
        return 1024 * next(int(line.split()[1]) for line in status.read_text().splitlines() if line[:6] == "VmHWM:")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
