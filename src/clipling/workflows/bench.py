"""How fast a student is, and how large, beside its exports and its teacher on the same machine."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Group
from rich.table import Table
from rich.text import Text

from clipling.contracts.errors import InputError
from clipling.files import write_text
from clipling.markdown import markdown_table


@dataclass(frozen=True)
class Row:
    """Of one engine: seconds until the first answer of a new process, its peak memory, bytes on disk, and by size of
    batch images a second and the milliseconds that half, and 95 %, of the calls stayed below.
    """

    name: str
    cold_start_s: float
    peak_memory_mb: float
    disk_mb: float
    images_per_second: dict[int, float]
    p50_ms: dict[int, float]
    p95_ms: dict[int, float]


@dataclass(frozen=True)
class Benched:
    """A row for every engine, the teacher last, and what is to be said about them."""

    rows: list[Row]
    notes: list[str]
    threads: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @property
    def markdown(self) -> str:
        """The table for a page."""
        head, *body = self._lines()
        return markdown_table("l" + "r" * (len(head) - 1), head, body) + "\n" + "\n".join([*self.notes, ""])

    def __rich__(self) -> Group:
        """What a terminal shows."""
        head, *body = zip(*self._lines(), strict=True)  # engines side by side: that fits narrow terminals
        table = Table(*head)
        for column in table.columns[1:]:
            column.justify = "right"
        for line in body:
            table.add_row(*line)
        return Group(table, *(Text(note) for note in self.notes))

    def _lines(self) -> list[list[str]]:
        batches = list(self.rows[0].p50_ms)
        names = [name for batch in batches for name in (f"batch {batch}: p50 / p95 ms", "images/s")]
        return [["", *names, "cold start s", "peak MB", "disk MB"], *(_cells(row, batches) for row in self.rows)]


def _cells(row: Row, batches: list[int]) -> list[str]:
    speed = [
        cell
        for batch in batches
        for cell in (f"{row.p50_ms[batch]:.2f} / {row.p95_ms[batch]:.2f}", f"{row.images_per_second[batch]:.1f}")
    ]
    return [row.name, *speed, f"{row.cold_start_s:.1f}", f"{row.peak_memory_mb:,.0f}", f"{row.disk_mb:.1f}"]


def bench(
    bundle: Path | str,
    *,
    teacher: str | None = None,
    exports: Path | str | None = None,
    batch: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (1, 32),
    seconds: float = 3.0,
    threads: int | None = None,
    to: Path | str | None = None,
    overwrite: bool = False,
) -> Benched:
    """Measure speed, memory and size of a student in torch, of its ONNX exports, and of a teacher beside them.

    Parameters
    ----------
    bundle
        Folder of a bundle, or of a finished run.
    teacher
        Teacher to put beside it: ViT-L-14/openai, local-dir:PATH, or an architecture alone (ViT-L-14), which then has
        random weights: good for the time it takes, and for nothing else.
    exports
        Folder whose folders are exports; `exports` beside the bundle unless said.
    batch
        Images at once.
    seconds
        How long each engine is measured with each size of batch.
    threads
        Threads of the processor for each engine; as many as torch would take unless said.
    to
        File for the table, in Markdown.
    overwrite
        Replace a file that is there.

    """
    page = None if to is None else Path(to)
    if page is not None and page.exists() and not (overwrite and page.is_file()):
        raise InputError(f"{page}: is there already; --overwrite replaces a file, --to FILE names another")
    from clipling.workflows.speed.benching import measure_all  # torch loads here, not for --help

    place = None if exports is None else Path(exports)
    benched = Benched(*measure_all(Path(bundle), teacher, place, batch, seconds, threads))
    if page is not None:
        write_text(page, benched.markdown)
    return benched
