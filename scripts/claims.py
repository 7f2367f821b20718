"""The ledger of claims, made from records alone: which claims of the paper hold on real photographs here.

    python scripts/claims.py docs/results --to docs/results/claims.md

The records come from the commands of MATRICES, which the page shows and which go on wherever they were stopped.
"""

import argparse
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.files import write_text
from clipling.report.claims import CLAIMS
from clipling.report.ledger import Matrix
from clipling.report.ledger_page import ledger_markdown
from clipling.report.records import read_records

MATRICES = {
    "runs": ("resnet18", "teacher", 3),
    "runs-test_resnet-teacher": ("test_resnet", "teacher", 5),
    "runs-test_resnet-teacher-b": ("test_resnet", "teacher-b", 5),
}
"""Folder of the records: student, teacher, seeds planned. The first is the whole ledger."""


def matrix(folder: Path, student: str, teacher: str, seeds: int) -> Matrix:
    """The matrix whose records lie in that folder, and how it is made."""
    small = student != "resnet18"
    command = (
        f"OMP_NUM_THREADS=1 clipling reproduce TABLE --rows ROWS --data BED/tiny-imagenet-32 "
        f"--teacher local-dir:BED/{teacher} {f'--student {student} ' if small else ''}--budget small --image-size 32 "
        f"--seeds {' '.join(map(str, range(seeds)))} "
        f"--out runs/{f'{student}-{teacher}' if small else 'ledger'} --records docs/results/{folder.name}"
    )
    records = tuple(read_records(folder))
    title = f"{student}, {teacher}"
    return Matrix(title, records, command, seeds, student, **({"other": student} if small else {}))


def main() -> None:
    """Read the records and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of the folders of records")
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    try:
        matrices = [matrix(options.results / folder, *about) for folder, about in MATRICES.items()]
        if not matrices[0].records:
            raise InputError(f"{options.results / 'runs'}: holds no records; expected docs/results")
        made_by = f"python scripts/claims.py {options.results} --to {options.to}"
        write_text(options.to, ledger_markdown(CLAIMS, matrices, made_by=made_by))
    except InputError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
