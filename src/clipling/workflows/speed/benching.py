"""The story of a benchmark: each engine in a new process, one after the other, on the same pictures of noise."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from clipling.contracts.errors import InputError
from clipling.deploy.bundle import read_bundle
from clipling.deploy.exports.folder import MANIFEST, read_manifest
from clipling.deploy.exports.graph import require_onnx
from clipling.teacher.sources import is_untrained
from clipling.workflows.bench import Row
from clipling.workflows.console import counting
from clipling.workflows.exports.formats import GRAPH
from clipling.workflows.exports.photographs import bundle_folder

Engines = dict[str, tuple[str, str, int]]
"""By the name in the table: the kind of engine, where it is, and the side of the pictures that it is given."""


def measure_all(
    path: Path, teacher: str | None, exports: Path | None, batch: tuple[int, ...], seconds: float, threads: int | None
) -> tuple[list[Row], list[str], int]:
    """The row of every engine, notes, and the threads they had. Raises InputError."""
    for name, least in (
        ("batch", min(batch, default=0)),
        ("seconds", seconds),
        ("threads", 1 if threads is None else threads),
    ):
        if least <= 0:
            raise InputError(f"{name} is {least}; expected more than 0")
    folder = bundle_folder(path)
    size = read_bundle(folder).config.image_size
    engines: Engines = {"torch fp32": ("torch", str(folder), size)}
    engines |= _graphs(exports or folder.resolve().parent / "exports")
    notes = [
        f"No ONNX {precision}: make one with `clipling export {path} --precision {precision}`."
        for precision in ("fp32", "int8")
        if f"onnx {precision}" not in engines
    ]
    if teacher is not None:
        random = is_untrained(teacher)
        kind = "random" if random else "teacher"
        engines[f"teacher {teacher}" + " (random weights)" * random] = (kind, teacher, size)
    used = threads or torch.get_num_threads()
    rows = list[Row]()
    with counting("measuring") as progress:
        for name, (kind, place, side) in reversed(engines.items()):  # a misspelt teacher is found out at once
            progress(len(rows), len(engines))
            rows.insert(0, _row(name, kind, place, side, batch, seconds, used))
    return rows, [*_ratios(rows, teacher), *notes], used


def _graphs(exports: Path) -> Engines:
    found: Engines = {}
    for folder in sorted(path.parent for path in exports.glob(f"*/{MANIFEST}")):
        manifest = read_manifest(folder)
        if GRAPH in manifest["files"]:
            require_onnx()
            found[f"onnx {manifest['precision']}"] = ("onnx", str(folder / GRAPH), _side(manifest))
    return dict(sorted(found.items(), key=lambda one: one[0].replace("int8", "last")))


def _side(manifest: dict[str, Any]) -> int:
    """The side of a square that the graph need not resize, as the network alone is measured."""
    given = manifest["input"]["shape"][1]
    return given if isinstance(given, int) else int(manifest["resize"]["shorter_side"])


def _row(name: str, kind: str, place: str, size: int, batch: tuple[int, ...], seconds: float, threads: int) -> Row:
    """Raises InputError with what the process said last, when it fails."""
    order = json.dumps({"kind": kind, "place": place, "size": size, "batch": batch, "seconds": seconds})
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "CLIPLING_STARTED": str(time.time())}
    command = [sys.executable, "-m", "clipling.workflows.speed.engine", order]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        reason = said[-1].removeprefix("clipling.contracts.errors.InputError: ")
        raise InputError(f"{name} cannot be measured: {reason}")
    answer = json.loads(done.stdout.splitlines()[-1])
    speeds = {key: {int(batch): value for batch, value in answer.pop(key).items()} for key in ("p50_ms", "p95_ms")}
    each = {batch: 1000 * batch / value for batch, value in speeds["p50_ms"].items()}
    return Row(name, images_per_second=each, p50_ms=speeds["p50_ms"], p95_ms=speeds["p95_ms"], **answer)


def _ratios(rows: list[Row], teacher: str | None) -> list[str]:
    """How many times faster than the teacher the student in torch and the fastest engine are, at each size of batch."""
    if teacher is None:
        return []
    theirs, ours = rows[-1], rows[:-1]
    said = []
    for batch, speed in theirs.images_per_second.items():
        best = max(ours, key=lambda row: row.images_per_second[batch])
        times = {row.name: row.images_per_second[batch] / speed for row in (ours[0], best)}
        said.append(f"batch {batch}: " + ", ".join(f"{name} {ratio:.1f}x" for name, ratio in times.items()))
    return [f"Times as fast as the teacher, {'; '.join(said)}."]
