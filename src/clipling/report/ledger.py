"""The ledger: each claim of the paper as differences between trainings with the same seed, and what they say here.

A claim is one or more clauses "this figure minus that one is above so much". Each clause is judged by the 95 % interval
of the mean of its paired differences (Student's t over the seeds), and by nothing else:

- the interval of every clause lies above its bound: the claim holds;
- that of any clause lies below it: it does not hold;
- a figure is absent: not testable here;
- otherwise it cannot be told at this budget.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean, stdev

from clipling.report.records import Record

OTHER_BACKBONE = "mobilenetv2_100"
"""What claims call the student of another architecture than that of their matrix."""

_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""97.5 % points of Student's t for 1, 2, ... degrees of freedom; for more, the last: a little too wide."""


class Verdict(Enum):
    """What the figures say about a claim."""

    HOLDS = "holds"
    DOES_NOT = "does not hold"
    CANNOT_TELL = "cannot be told at this budget"
    NOT_TESTABLE = "not testable here"


@dataclass(frozen=True)
class Figure:
    """A number in the records: of which training, by which part, under which key."""

    label: str
    part: str
    key: str


@dataclass(frozen=True)
class Clause:
    """`more` minus `less` is above `above`; without `less`, `more` itself is."""

    says: str
    more: Figure
    less: Figure | None = None
    above: float = 0.0
    points: bool = True
    """Shares, told in percentage points."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The trainings it needs."""
        return (self.more.label, *((self.less.label,) if self.less else ()))


@dataclass(frozen=True)
class Claim:
    """One testable sentence, where the paper makes it, and what would be needed where its figures are absent."""

    says: str
    source: str
    clauses: tuple[Clause, ...]
    needs: str = ""
    exact: bool = False
    """Nothing in it is drawn at random: one measurement is enough."""
    table: str = "ledger"
    """What `clipling reproduce` makes its figures for."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The trainings it needs, each once."""
        return tuple(dict.fromkeys(label for clause in self.clauses for label in clause.labels))


@dataclass(frozen=True)
class Interval:
    """The mean of paired differences over `count` seeds, and its 95 % interval (unbounded for a single seed)."""

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Matrix:
    """Trainings that may be compared: on one data set, of one student and one other, taught by one teacher."""

    title: str
    records: tuple[Record, ...]
    command: str
    """What measures a claim in it, TABLE and ROWS standing for its own."""
    seeds: int
    """How many were planned: with fewer, what is said is said so far."""
    student: str = "resnet18"
    other: str = OTHER_BACKBONE
    """The student that stands for the other backbone."""


Figures = Mapping[Figure, Mapping[int, float]]
"""The value of each figure by seed."""


def figures_of(matrix: Matrix) -> dict[Figure, dict[int, float]]:
    """Every number in the records, by seed."""
    found: dict[Figure, dict[int, float]] = {}
    for record in matrix.records:
        for label in _labels(record, matrix):
            for part, values in record.figures.items():
                for key, value in values.items():
                    found.setdefault(Figure(label, part, key), {})[record.seed] = value
    return found


def _labels(record: Record, matrix: Matrix) -> list[str]:
    """What claims call a training: by its recipe alone with the student of the matrix."""
    student = record.settings.get("student")
    if student is None:
        return [record.label]
    plain = record.label.replace(f"@{student}", "", 1)
    return [plain] * (student == matrix.student) + [f"{plain}@{OTHER_BACKBONE}"] * (student == matrix.other)


def differences(clause: Clause, figures: Figures) -> list[float]:
    """The differences of a clause, one for each seed that both of its figures have."""
    more = figures.get(clause.more, {})
    if clause.less is None:
        return [more[seed] for seed in sorted(more)]
    less = figures.get(clause.less, {})
    return [more[seed] - less[seed] for seed in sorted(set(more) & set(less))]


def interval(values: Sequence[float], *, exact: bool = False) -> Interval | None:
    """The mean and its 95 % t interval; None without a value, a point for one that is exact."""
    if not values:
        return None
    mean, count = fmean(values), len(values)
    if exact:
        return Interval(mean, min(values), max(values), count)
    if count == 1:
        return Interval(mean, -math.inf, math.inf, 1)
    half = _T[min(count - 1, len(_T)) - 1] * stdev(values) / math.sqrt(count)
    return Interval(mean, mean - half, mean + half, count)


def judge(claim: Claim, intervals: Sequence[Interval | None]) -> Verdict:
    """The verdict on a claim, by the rule at the head of this file; one interval for each clause."""
    judged = list(zip(claim.clauses, intervals, strict=True))
    if any(found and found.high < clause.above for clause, found in judged):
        return Verdict.DOES_NOT
    if any(found is None for _, found in judged):
        return Verdict.NOT_TESTABLE
    if all(found and found.low > clause.above for clause, found in judged):
        return Verdict.HOLDS
    return Verdict.CANNOT_TELL


def measured(claim: Claim, figures: Figures) -> list[Interval | None]:
    """The interval of each clause."""
    return [interval(differences(clause, figures), exact=claim.exact) for clause in claim.clauses]
