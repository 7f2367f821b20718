"""What exact coherence costs beyond its matrix products, and the memory it takes.

    python benchmarks/coherence.py [--rows 100000] [--width 768] [--classes 200] [--threads 2] [--out FOLDER]

The features are random unit rows in float32. `coherence` (m_rel, m_neigh at 3, 5 and 10, m_vlalign at 2, 3 and 5, MSE
and degrees) needs three products of all rows with all rows. The bare side is such a product in the same blocks of rows,
each result thrown away: a quarter of the blocks before and a quarter after, times four, as all blocks are alike. It
runs in a process of its own, whose peak memory is reported. Time is taken by the clock and by the processors' count,
which other work on the machine disturbs less.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from clipling.evaluation import coherence
from clipling.tensors import HELD
from recording import write_record

PRODUCTS = 3  # student by teacher for m_rel, each space by itself for m_neigh


def unit_rows(rows: int, width: int, seed: int) -> Tensor:
    """Random unit rows, made in place: a second copy would count as memory of the metrics."""
    features = torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))
    for part in features.split(4096):
        part /= part.norm(dim=1, keepdim=True)
    return features


def bare_product(a: Tensor, b: Tensor) -> None:
    """Every cosine of a row of `a` with a row of `b`, in the blocks of the metrics, kept by nobody."""
    for block in a.split(max(1, HELD // len(b))):
        block @ b.T


def timed(work: Callable[[], object], times: int = 1) -> dict[str, float]:
    """Seconds on the clock, and of both processors together, `times` over."""
    clock, processors = time.perf_counter(), time.process_time()
    work()
    return {"clock": times * (time.perf_counter() - clock), "processors": times * (time.process_time() - processors)}


def measure(rows: int, width: int, classes: int, threads: int, answer: Connection) -> None:
    """In a fresh process: send the times and the peak memory through `answer`."""
    torch.set_num_threads(threads)
    student, teacher, text = unit_rows(rows, width, 0), unit_rows(rows, width, 1), unit_rows(classes, width, 2)
    holding = peak_bytes()
    quarter = student[: rows // 4]
    bare = [timed(lambda: bare_product(quarter, teacher), 4)]
    whole = timed(lambda: coherence(student, teacher, text))
    bare.append(timed(lambda: bare_product(quarter, teacher), 4))
    answer.send(
        {
            "bare_product_seconds": bare,
            "coherence_seconds": whole,
            "ratio": {by: whole[by] / (PRODUCTS * fmean(one[by] for one in bare)) for by in whole},
            "peak_gb": peak_bytes() / 1e9,
            "of_which_features_and_libraries_gb": holding / 1e9,
        }
    )


def peak_bytes() -> int:
    """The most memory this process has held; the system counts it in KiB, on macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def main() -> None:
    """Measure and write the result beside the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--classes", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    sizes = {name: getattr(options, name) for name in ("rows", "width", "classes", "threads")}
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe(duplex=False)
    process = spawn.Process(target=measure, args=(*sizes.values(), there))
    process.start()
    there.close()  # so that a process that is killed ends the wait
    figures: dict[str, Any] = here.recv()
    process.join()
    name = f"coherence_{options.rows}x{options.width}"
    write_record(name, sizes | figures, private={}, folder=options.out, precision="fp32")


if __name__ == "__main__":
    main()
