"""Peak memory of runs that differ in the number of epochs only: it must not grow with them.

    python benchmarks/memory.py [--epochs 2 8 32] [--student resnet18]

Each run is a process of its own, over the drawn birds of the demo at 64 px; its peak is the resident set that the
operating system reports at its end, and that of its largest child, the process that loads images, beside it.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from recording import write_record

MIB = 1024  # ru_maxrss counts KiB on Linux


def run(root: str, out: str, epochs: str, student: str) -> None:
    """One run, in a process of its own: train, then print the peaks in MiB."""
    import clipling
    from clipling.aviary import teacher_spec

    clipling.distill(
        root, teacher_spec(), out, student=student, image_size=64, epochs=int(epochs), repeats=1, guards=False
    )
    kinds = {"process": resource.RUSAGE_SELF, "largest_child": resource.RUSAGE_CHILDREN}
    print(json.dumps({name: resource.getrusage(kind).ru_maxrss / MIB for name, kind in kinds.items()}))


def main() -> None:
    """Measure and write the result beside the others."""
    from clipling.aviary import write_aviary

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, nargs="+", default=[2, 8, 32])
    parser.add_argument("--student", default="resnet18")
    options = parser.parse_args()
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "birds"
        write_aviary(root, train=12, held_out=2)
        for epochs in options.epochs:
            arguments = [str(root), f"{folder}/run-{epochs}", str(epochs), options.student]
            command = [sys.executable, __file__, "--one", *arguments]
            peaks[str(epochs)] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    first, last = (peaks[str(epochs)]["process"] for epochs in (options.epochs[0], options.epochs[-1]))
    write_record("memory", {"peak_mib_by_epochs": peaks, "last/first": last / first}, private={})


if __name__ == "__main__":
    run(*sys.argv[2:]) if sys.argv[1:2] == ["--one"] else main()
