"""The ledger as a page of Markdown: every claim, what was measured, the verdict, and the command that measures it."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from clipling.contracts.errors import InputError
from clipling.markdown import Markdown, markdown_table
from clipling.report.ledger import Claim, Clause, Figures, Interval, Verdict, figures_of, judge, measured
from clipling.report.records import Record, without_replaced


def ledger_markdown(claims: Sequence[Claim], records: Sequence[Record], *, command: str, made_by: str) -> str:
    """The page. command: what measures a claim, TABLE and ROWS standing for its own; made_by: what writes this page.

    Raises InputError when the records are of several data sets, or two are of the same training and seed.
    """
    records = without_replaced(records)
    _require_one_matrix(records)
    figures = figures_of(records)
    verdicts = []
    rows = []
    for number, claim in enumerate(claims, 1):
        intervals = measured(claim, figures)
        verdict = judge(claim, intervals)
        verdicts.append(verdict)
        found = zip(claim.clauses, intervals, strict=True)
        told = "<br>".join(_told(clause, interval, exact=claim.exact) for clause, interval in found)
        why = f": needs {claim.needs or _missing(claim, figures)}" if verdict is Verdict.NOT_TESTABLE else ""
        filled_by = f"{claim.table} --rows {' '.join(claim.labels)}"
        rows.append([str(number), claim.says, claim.source, told, f"**{verdict.value}**{why}", f"`{filled_by}`"])
    counted = Counter(verdicts)
    head, *body = ([Markdown(cell) for cell in line] for line in (_COLUMNS, *rows))
    summary = ", ".join(f"{counted[verdict]} {verdict.value}" for verdict in Verdict if counted[verdict])
    return (
        f"<!-- made by: {made_by} -->\n\n# Claims\n\n{_HEAD.format(command=command)}\n{_machines(records)}\n\n"
        f"{len(claims)} claims: {summary}.\n\n{markdown_table('rlllll', head, body)}"
    )


_COLUMNS = (
    "",
    "claim",
    "paper",
    "measured here: mean difference [95 % interval], seeds",
    "verdict",
    "TABLE --rows ROWS",
)


_HEAD = """Each claim of arXiv 2307.03135 as a sentence that figures can contradict. A figure is the difference of
two trainings with the same seed; where a claim is about one training, the difference of two measurements of it (after
shots and before, one method and the other) or a measurement itself. Accuracies after shots are means over the last
epochs, as those of any training; those before, and retrieval's, are of the student that was shipped. Told are the mean
over the seeds and its 95 % interval (Student's t); of texts, where nothing is drawn at random, one measurement is
enough. A claim **holds** when every interval lies above its bound (0, or the one given), **does not hold** when one
lies below, **cannot be told at this budget** when one straddles it, and is **not testable here** when a figure is
absent. Nothing was tuned towards a verdict: budget and hyper-parameters were fixed before the first of these runs, and
so were claims and bounds, but for one change that is told in [README.md](README.md), as is what had been seen by then.
No correction is made for the number of claims: of twenty true differences of zero, about one is expected outside its
interval by chance. Intervals cover the seeds, not other data sets.

Each claim is measured by this command, with its last column in place of `TABLE --rows ROWS`; with `ledger` alone it
runs the whole matrix, or goes on with it:

    {command}
"""


def _told(clause: Clause, found: Interval | None, *, exact: bool) -> str:
    bound = f" (bound {_value(clause.above, clause.points)})" if clause.above else ""
    if found is None:
        return f"{clause.says}{bound}: –"
    mean = _value(found.mean, clause.points)
    if exact:
        return f"{clause.says}: {mean}, nothing drawn"
    if math.isinf(found.low):
        return f"{clause.says}{bound}: {mean}, one seed"
    low, high = (_value(end, clause.points) for end in (found.low, found.high))
    return f"{clause.says}{bound}: {mean} [{low}, {high}], {found.count}"


def _value(value: float, points: bool) -> str:
    return f"{100 * value:+.1f}" if points else f"{value:+.3f}"


def _missing(claim: Claim, figures: Figures) -> str:
    """The runs that have no record of a figure; where each has one, that they have no seed in common."""
    needed = {figure: None for clause in claim.clauses for figure in (clause.more, clause.less) if figure}
    absent = dict.fromkeys(figure.label for figure in needed if figure not in figures)
    return f"the runs {', '.join(absent)}" if absent else "the same seeds of its runs"


def _machines(records: Sequence[Record]) -> str:
    trained = [record for record in records if record.machine]  # a teacher alone is asked anywhere
    told = Counter(f"{r.data}, {r.machine.get('processor', '?')}, {r.machine.get('device', '?')}" for r in trained)
    return "\n".join(f"Records: {count} on {what}." for what, count in told.items()) or "Records: none."


def _conditions(record: Record) -> dict[str, Any]:
    """What all trainings of one matrix share, so that their figures may be compared; of a teacher alone, less."""
    shared = ("split", "images", "teacher", "image_size", "few_shot", "epochs")
    settings = record.settings | {"epochs": record.settings.get("recipe", {}).get("epochs")}
    return {name: settings[name] for name in shared if settings.get(name) is not None}


def _require_one_matrix(records: Sequence[Record]) -> None:
    data = sorted({record.data for record in records})
    if len(data) > 1:
        raise InputError(f"records of several data sets ({', '.join(data)}); give the folder of one")
    first: dict[str, tuple[Record, Any]] = {}
    for record in records:
        for name, told in _conditions(record).items():
            other, before = first.setdefault(name, (record, told))
            if told != before:
                raise InputError(
                    f"records of different matrices: {name} is {before} in {other.label}, seed {other.seed}, "
                    f"and {told} in {record.label}, seed {record.seed}; give the folder of one"
                )
    counted = Counter((record.label, record.seed) for record in records)
    twice = [f"{label}, seed {seed}" for (label, seed), count in counted.items() if count > 1]
    if twice:
        raise InputError(f"two records of {twice[0]}: made with different settings (see settings in them); keep one")
