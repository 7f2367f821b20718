"""Records: one small JSON file for each training of a matrix, complete enough to do without the run itself.

A table is printed, a claim is judged and a matrix is taken up again from these files alone, on any machine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipling.contracts.errors import InputError
from clipling.files import read_json, write_json
from clipling.report import fields

SCHEMA = 1


@dataclass(frozen=True)
class Record:
    """What one training, with one seed on one data set, came to.

    `figures` are the numbers of each part that was measured, under flat keys (`student` -> `accuracy/id`).
    `settings` is everything the figures depend on and `digest` its hash; `machine` is what they do not depend on.
    """

    data: str
    label: str
    seed: int
    digest: str
    settings: dict[str, Any]
    figures: dict[str, dict[str, float]]
    machine: dict[str, Any]


def write_record(path: Path, record: Record) -> None:
    """Write a record, atomically."""
    write_json(path, {"schema": SCHEMA, **vars(record)})


def read_record(path: Path) -> Record:
    """The record in `path`. Raises InputError naming the field that is not as expected."""
    value = fields.mapping(path, "record", read_json(path))
    if value.get("schema") != SCHEMA:
        raise InputError(f"{path}: 'schema' is {value.get('schema')!r}, expected {SCHEMA}; this is no record of a run")
    figures = fields.mapping(path, "figures", value.get("figures"))
    return Record(
        data=fields.text(path, "data", value.get("data")),
        label=fields.text(path, "label", value.get("label")),
        seed=int(fields.number(path, "seed", value.get("seed"))),
        digest=fields.text(path, "digest", value.get("digest")),
        settings=fields.mapping(path, "settings", value.get("settings")),
        figures={
            part: fields.numbers(path, f"figures.{part}", found, at_least=-math.inf)  # cosines are figures too
            for part, found in figures.items()
        },
        machine=fields.mapping(path, "machine", value.get("machine")),
    )


def without_replaced(records: Sequence[Record]) -> list[Record]:
    """The records without those measured again since, for there are more texts beside the same images."""
    return [record for record in records if not any(_replaces(other, record) for other in records)]


def _replaces(new: Record, old: Record) -> bool:
    made_of, was_made_of = ({**one.settings, "files": None} for one in (new, old))
    texts, texts_before = (one.settings.get("files", {}) for one in (new, old))
    same = (new.label, new.seed, made_of) == (old.label, old.seed, was_made_of)
    return same and texts_before.items() < texts.items()


def read_records(folder: Path) -> list[Record]:
    """Every record in `folder`, in the order of their names; none where there is no such folder."""
    return [read_record(path) for path in sorted(folder.glob("*.json"))]
