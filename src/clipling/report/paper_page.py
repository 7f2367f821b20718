"""Every table and figure of a paper on one page: `index.html`, one file that needs nothing else."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clipling.files import write_text
from clipling.report.page import render
from clipling.report.paper_tables import PaperTable, cell_text

_KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}


@dataclass(frozen=True)
class PaperEntry:
    """A table or figure by its name, as far as it was made, and what of it was not."""

    name: str
    tables: tuple[PaperTable, ...] = ()
    files: tuple[Path, ...] = ()
    left_out: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def write_paper_page(entries: Sequence[PaperEntry], out: Path) -> Path:
    """Write `index.html` into `out` and return its path; other forms of a table are linked where they lie in `out`."""
    shown = [
        {
            "entry": entry,
            "tables": [(table, _rows(table)) for table in entry.tables],
            "pictures": [(path.name, _embedded(path)) for path in _pictures(entry.files)],
            "links": [path.relative_to(out).as_posix() for path in entry.files],
        }
        for entry in entries
    ]
    write_text(out / "index.html", render("paper.html", entries=shown))
    return out / "index.html"


def _rows(table: PaperTable) -> list[tuple[str, list[str]]]:
    return [(name, [cell_text(cell, table.digits) for cell in cells]) for name, cells in table.rows]


def _pictures(files: Sequence[Path]) -> list[Path]:
    """Each picture once: as vectors, where it is there in both forms."""
    return [path for path in files if path.suffix in _KINDS and not _is_copy(path, files)]


def _is_copy(path: Path, files: Sequence[Path]) -> bool:
    return path.suffix != ".svg" and path.with_suffix(".svg") in files


def _embedded(path: Path) -> str:
    return f"data:{_KINDS[path.suffix]};base64,{b64encode(path.read_bytes()).decode()}"
