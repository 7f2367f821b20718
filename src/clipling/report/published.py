"""The numbers the paper printed (arXiv 2307.03135 v1), shipped as data."""

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads(files(__package__).joinpath("published_tables.json").read_text("utf-8"))
    return tables


def published(row: str, dataset: str) -> tuple[float | None, ...]:
    """The numbers of one cell in the order the paper prints them; none where it has no such cell.

    row: TABLE/ROW, as in `table1/cls`. dataset: its name in the paper, or `Average`.
    """
    table, _, name = row.partition("/")
    return tuple(_tables().get(table, {}).get(name, {}).get(dataset, ()))
