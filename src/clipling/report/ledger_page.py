"""The ledger as a page of Markdown: every claim, what was measured with each teacher, and the verdicts."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, stdev
from typing import Any

from clipling.contracts.errors import InputError
from clipling.markdown import Markdown, markdown_table
from clipling.report.ledger import (
    Claim,
    Clause,
    Figure,
    Figures,
    Interval,
    Matrix,
    Verdict,
    figures_of,
    judge,
    measured,
)
from clipling.report.records import Record, without_replaced


def ledger_markdown(claims: Sequence[Claim], matrices: Sequence[Matrix], *, made_by: str) -> str:
    """The page. matrices: the whole one first; of the others, claims that they do not touch are left out.

    made_by: what writes this page. Raises InputError when the records of a matrix are of several data sets, teachers or
    budgets, or two are of the same training and seed.
    """
    matrices = [replace(one, records=tuple(without_replaced(one.records))) for one in matrices]
    columns = []
    for place, matrix in enumerate(matrices):
        _require_one_matrix(matrix.records)
        columns.append(_Column(claims, matrix, whole=place == 0))
    rows = [
        [
            str(number),
            claim.says,
            claim.source,
            "<br>".join(map(_asked, claim.clauses)),
            *cells,
            f"`{_filled_by(claim)}`",
        ]
        for number, (claim, *cells) in enumerate(zip(claims, *(column.cells for column in columns), strict=True), 1)
    ]
    head = ["", "claim", "paper", "difference", *(matrix.title for matrix in matrices), "TABLE --rows ROWS"]
    titles, *body = ([Markdown(cell) for cell in line] for line in (head, *rows))
    return (
        f"<!-- made by: {made_by} -->\n\n# Claims\n\n{_HEAD}\n"
        f"{''.join(column.about for column in columns)}"
        f"{markdown_table('r' + 'l' * (len(head) - 1), titles, body)}{_texts_against_texts(columns)}"
    )


_HEAD = """Each claim of arXiv 2307.03135 as a sentence that figures can contradict. A figure is the difference of
two trainings with the same seed; where a claim is about one training, the difference of two measurements of it (after
shots and before, one method and the other) or a measurement itself. Accuracies after shots are means over the last
epochs, as those of any training; those before, retrieval's, and those asked with other texts than the training's are
of the student that was shipped. Told are the mean over the seeds, its 95 % interval (Student's t) and the number of
seeds; of texts, where nothing is drawn at random, one measurement is enough. A claim **holds** when every interval
lies above its bound (0, or the one given), **does not hold** when one lies below, **cannot be told at this budget**
when one straddles it, and is **not testable here** when a figure is absent; "so far" means that not all planned seeds
are there. Nothing was tuned towards a verdict: budget and hyper-parameters were fixed before the first of these runs,
and so were claims and bounds, but for the changes that are told in [README.md](README.md), as is what had been seen by
then. No correction is made for the number of claims: of twenty true differences of zero, about one is expected outside
its interval by chance. Intervals cover the seeds, not other data sets.

A claim is measured by the command of its matrix, with the last column in place of `TABLE --rows ROWS`. The first
matrix is meant for every claim; what another was not made for is left out (–).

"""

_TRAINED = {"semantics": "own description", "shuffled": "another class's", "random_words": "random words"}
_ASKED = {
    "names": "names alone",
    "own": "own description",
    "shuffled": "another class's",
    "random_words": "random words",
}


class _Column:
    """What one matrix says about every claim."""

    def __init__(self, claims: Sequence[Claim], matrix: Matrix, *, whole: bool) -> None:
        self.matrix = matrix
        self.figures = figures_of(matrix)
        self._counted = Counter[Verdict]()
        self.cells = [self._cell(claim, whole) for claim in claims]
        counts = ", ".join(f"{self._counted[one]} {one.value}" for one in Verdict if self._counted[one])
        total = self._counted.total()
        claims_told = f"{total} claim{'' if total == 1 else 's'}: {counts or 'nothing measured yet'}."
        self.about = f"**{matrix.title}**: {claims_told}\n{_machines(matrix.records)}\n\n    {matrix.command}\n\n"

    def _cell(self, claim: Claim, whole: bool) -> str:
        intervals = measured(claim, self.figures)
        if not (whole or all(intervals)):
            return "–"
        verdict = judge(claim, intervals)
        self._counted[verdict] += 1
        seeds = min((found.count for found in intervals if found), default=0)
        so_far = " so far" if seeds < self.matrix.seeds and not claim.exact and seeds else ""
        why = f": needs {claim.needs or _missing(claim, self.figures)}" if verdict is Verdict.NOT_TESTABLE else ""
        pairs = zip(claim.clauses, intervals, strict=True)
        told = [_told(clause, found, exact=claim.exact) for clause, found in pairs]
        return "<br>".join([f"**{verdict.value}**{so_far}{why}", *(told if any(intervals) else ())])


def _filled_by(claim: Claim) -> str:
    return f"{claim.table} --rows {' '.join(claim.labels)}"


def _asked(clause: Clause) -> str:
    return f"{clause.says} (bound {_value(clause.above, clause.points)})" if clause.above else clause.says


def _told(clause: Clause, found: Interval | None, *, exact: bool) -> str:
    if found is None:
        return "–"
    mean = _value(found.mean, clause.points)
    if exact:
        return f"{mean}, nothing drawn"
    if math.isinf(found.low):
        return f"{mean}, one seed"
    low, high = (_value(end, clause.points) for end in (found.low, found.high))
    return f"{mean} [{low}, {high}], {found.count}"


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


def _texts_against_texts(columns: Sequence[_Column]) -> str:
    """Which text a student was trained with against which it is asked with, and the teacher asked with the same."""
    rows = []
    for column in columns:
        parts = {(label, "other_texts"): f"trained with {text}" for label, text in _TRAINED.items()}
        for (label, part), says in {**parts, ("teacher", "teacher_other_texts"): "the teacher itself"}.items():
            found = [column.figures.get(Figure(label, part, f"{text}/ood_zero_shot"), {}) for text in _ASKED]
            if any(found):
                rows.append([column.matrix.title, says, *(_share([*values.values()]) for values in found)])
    if not rows:
        return ""
    head = ["", "unseen classes, accuracy in %", *(f"asked with {text}" for text in _ASKED.values())]
    return f"\n## The texts of the training and those of the test\n\n{_TEXTS}\n{markdown_table('llrrrr', head, rows)}"


_TEXTS = """Every class's name, followed by nothing, by its own description, by another class's, or by as many random
words. Mean ± standard deviation over the seeds, of the shipped student; of the teacher with the controls of one seed.
"""


def _share(values: Sequence[float]) -> str:
    if not values:
        return "–"
    spread = f" ± {100 * stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * fmean(values):.1f}{spread}"
