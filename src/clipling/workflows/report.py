"""Turn the result files of one run, or of several, into a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.locks import held_run
from clipling.report.compare import write_comparison
from clipling.report.page import write_report
from clipling.report.record import read_run
from clipling.report.tables import results_table, to_markdown
from clipling.workflows.listed import listed


@dataclass(frozen=True)
class Reported:
    """A page and the table on it."""

    page: Path
    table: str

    def __rich__(self) -> str:
        """What a terminal shows."""
        return f"{self.table}\n{self.page}"


def report(runs: Sequence[Path | str], /, *, out: Path | str | None = None) -> Reported:
    """Write the page of a run again, or one that compares several; print the table in Markdown.

    Parameters
    ----------
    runs
        Folders of finished runs.
    out
        The page; by default report.html in the run, or comparison.html beside the first of several.

    """
    folders = [Path(run) for run in listed(runs)]
    if not folders:
        raise InputError("no run was named; give the folder of at least one")
    records = [read_run(folder) for folder in folders]
    if len(folders) == 1 and out is None:
        with held_run(folders[0]):
            page = write_report(folders[0])
    else:
        page = write_comparison(folders, Path(out) if out else folders[0].parent / "comparison.html")
    return Reported(page, to_markdown(results_table(records)))
