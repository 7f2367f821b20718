"""Speed, memory and size of a bundle, its ONNX exports and a teacher, one after the other on this machine.

    python benchmarks/latency.py --bundle RUN --teacher ViT-L-14

The teacher needs no weights: an architecture alone has random ones, which take the same time.
"""

import argparse
from pathlib import Path

from clipling.workflows.bench import bench
from recording import write_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="a bundle, or a finished run, with its exports")
    parser.add_argument("--teacher", default="ViT-L-14", help="an architecture alone has random weights")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each engine and size of batch")
    given = parser.parse_args()
    benched = bench(given.bundle, teacher=given.teacher, seconds=given.seconds)
    print(benched.markdown)
    name = f"latency_{given.teacher.replace('/', '-')}"
    write_record(name, benched.as_json(), private={"RUN": given.bundle}, precision="fp32")


if __name__ == "__main__":
    main()
