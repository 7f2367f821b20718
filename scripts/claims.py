"""The ledger of claims, made from records alone: which claims of the paper hold on real photographs here.

    python scripts/claims.py docs/results/runs --to docs/results/claims.md

The records come from COMMAND, which the page shows and which goes on wherever it was stopped.
"""

import argparse
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.files import write_text
from clipling.report.claims import CLAIMS
from clipling.report.ledger_page import ledger_markdown
from clipling.report.records import read_records

COMMAND = (
    "OMP_NUM_THREADS=1 clipling reproduce TABLE --rows ROWS --data BED/tiny-imagenet-32 "
    "--teacher local-dir:BED/teacher --budget small --image-size 32 --seeds 0 1 2 "
    "--out runs/ledger --records docs/results/runs"
)


def main() -> None:
    """Read the records and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    try:
        records = read_records(options.records)
        if not records:
            raise InputError(f"{options.records}: holds no records; expected a folder such as docs/results/runs")
        made_by = f"python scripts/claims.py {options.records} --to {options.to}"
        write_text(options.to, ledger_markdown(CLAIMS, records, command=COMMAND, made_by=made_by))
    except InputError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
