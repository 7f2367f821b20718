"""What a run says for itself: one page per run, one page for several, and tables for papers and documentation.

Only result files are read, never weights, and no torch is loaded: a report can be made wherever the run's folder lies.
"""

from clipling.report.compare import write_comparison
from clipling.report.page import write_report
from clipling.report.record import RunRecord, read_run
from clipling.report.tables import results_table, to_markdown

__all__ = [
    "RunRecord",
    "read_run",
    "results_table",
    "to_markdown",
    "write_comparison",
    "write_report",
]
