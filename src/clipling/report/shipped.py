"""What of a run can be taken along: its exports, each a folder with a manifest, and their figures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipling import files
from clipling.report import fields


@dataclass(frozen=True)
class Export:
    """An export beside the bundle; link is its folder seen from the run. What was not measured is None, or absent."""

    name: str
    link: str
    megabytes: float | None
    milliseconds: float | None
    same_class: float | None
    accuracy: dict[str, float]


def read_exports(run: Path) -> list[Export]:
    """The exports of the run by name. Raises InputError for a manifest that is damaged."""
    return [_read(path) for path in sorted(run.glob("exports/*/manifest.json"))]


def _read(path: Path) -> Export:
    manifest = fields.mapping(path, "manifest", files.read_json(path))
    rows = fields.items(path, "measured", manifest.get("measured"))
    figures = fields.mapping(path, "measured", rows[-1]) if rows else {}  # the last one is what was exported
    parity = fields.mapping(path, "parity", manifest.get("parity"))
    return Export(
        name=path.parent.name,
        link=f"exports/{path.parent.name}/",
        megabytes=_number(path, figures, "megabytes"),
        milliseconds=_number(path, figures, "milliseconds"),
        same_class=_number(path, parity, "same_class"),
        accuracy=fields.numbers(path, "accuracy", figures.get("accuracy"), at_most=1.0),
    )


def _number(path: Path, values: dict[str, Any], name: str) -> float | None:
    return None if values.get(name) is None else fields.number(path, name, values[name])
