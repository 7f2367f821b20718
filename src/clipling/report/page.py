"""The report of one run: `report.html`, one file that needs nothing else, to read on a phone or to send on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clipling.files import write_text
from clipling.report.agreement import labels_of, rows_of
from clipling.report.contact import contact_sheet
from clipling.report.figures import Bar, Chart, accuracy_chart, agreement_chart, bar_chart, loss_chart
from clipling.report.journal import Epoch
from clipling.report.measures import duration, in_order, label_of, percent
from clipling.report.predictions import ClassCount, ImageAnswers, count_classes, read_predictions
from clipling.report.record import RunRecord, read_run
from clipling.report.shipped import read_exports
from clipling.report.words import cautions, chance, lead

_CLASSES_LISTED = 1500
"""More classes than these would swell the page; the worst ones are listed then."""
_CONFUSIONS_LISTED = 20


@dataclass(frozen=True)
class Figure:
    """One measure: shipped weights and interval, mean of the last epochs, the teacher, the share of it that is kept."""

    measure: str
    name: str
    shipped: float | None
    interval: tuple[float, float] | None
    mean: float | None
    deviation: float | None
    teacher: float | None
    kept: float | None


@dataclass(frozen=True)
class ClassRow:
    """One line of the table of classes; accuracies in [0, 1], None where not measured."""

    label: str
    name: str
    seen: bool
    images: int | None
    student: float
    teacher: float | None


def write_report(run: Path) -> Path:
    """Write `report.html` into the folder of a finished run and return its path.

    Images are read from the data root that the run's settings name; where they are gone the page says so. Raises
    InputError when `run` is no finished run or its files are damaged.
    """
    record = read_run(run)
    target = run / "report.html"
    rows = read_predictions(run / "predictions.jsonl", labelled=not record.unlabelled)
    write_text(target, render("run.html", **_content(record, rows)))
    return target


def render(template: str, folder: Path | None = None, /, **content: Any) -> str:
    """A page from one of this room's templates, or from one in `folder` that builds on them.

    Class names and settings are strangers' text: everything is escaped.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([*([folder] if folder else []), Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent)
    return environment.get_template(template).render(**content)


def _content(record: RunRecord, rows: list[ImageAnswers]) -> dict[str, Any]:
    if record.unlabelled:  # what is right is not known: the teacher's answer takes its place
        rows = [replace(row, label=row.teacher[0].label) for row in rows if row.teacher]
    part = "ood" if any(row.part == "ood" for row in rows) else "id"
    shots = contact_sheet([row for row in rows if row.part == part], record.data_root, record.names)
    figures = figures_of(record)
    classes = class_rows(record, count_classes(rows))
    return {
        "run": record,
        "lead": lead(record),
        "cautions": cautions(record),
        "figures": figures,
        "agreement": rows_of(record.agreement),
        "cards": [
            figure for figure in figures if figure.shipped is not None and not figure.measure.startswith("joint_")
        ],
        "facts": _facts(record),
        "bars": _bars(record),
        "curves": [
            chart
            for chart in (
                accuracy_chart(record.epochs, record.teacher),
                agreement_chart(record.epochs),
                loss_chart(record.epochs),
            )
            if chart
        ],
        "shots": shots,
        "shots_missing": sum(shot.thumbnail is None for shot in shots),
        "shots_unseen": part == "ood",
        "coherence_keys": list(dict.fromkeys(key for measured in record.coherence.values() for key in measured)),
        "confused": record.confused[:_CONFUSIONS_LISTED],
        "classes": classes[:_CLASSES_LISTED],
        "classes_left_out": len(classes[_CLASSES_LISTED:]),
        "exports": read_exports(record.folder),
        "settings": flat(record.config),
        "environment": flat(record.environment),
    }


def figures_of(record: RunRecord) -> list[Figure]:
    """Everything measured, one figure a measure, in a reader's order."""
    return [
        Figure(
            measure,
            label_of(measure),
            shipped=record.accuracy_bundle.get(measure),
            interval=record.intervals.get(measure),
            mean=record.accuracy.get(measure),
            deviation=record.accuracy_std.get(measure),
            teacher=record.teacher.get(measure),
            kept=record.teacher_kept.get(measure),
        )
        for measure in in_order([*record.accuracy_bundle, *record.accuracy])
    ]


def _bars(record: RunRecord) -> Chart | None:
    bars = [
        Bar(
            figure.name,
            figure.shipped,
            "unseen" if figure.measure.startswith("ood") or figure.measure == "joint_unseen" else "seen",
            interval=figure.interval,
            ceiling=figure.teacher,
            chance=chance(record, figure.measure),
        )
        for figure in figures_of(record)
        if figure.shipped is not None and figure.measure != "harmonic_mean"
    ]
    return bar_chart(bars, key="bars", title="Accuracy of the shipped student, and the teacher's") if bars else None


def _facts(record: RunRecord) -> dict[str, str]:
    """What the run was, in a few words each; what is not known is left out."""
    seen = len(record.classes) - len(record.unseen)
    classes = f"{seen} seen, {len(record.unseen)} unseen" if record.unseen else f"{seen}, all of them trained on"
    facts = {
        "recipe": record.recipe,
        "student": record.student,
        "teacher": record.teacher_name,
        "classes": labels_of(record) if record.unlabelled else classes,
        "seed": "" if record.seed is None else str(record.seed),
    }
    return {name: value for name, value in facts.items() if value} | pace(record.epochs, "images")


def pace(epochs: Sequence[Epoch], what: str) -> dict[str, str]:
    """How many epochs there were, how long they took together, and how many of `what` a second the median one saw."""
    speeds = sorted(epoch.images_per_second for epoch in epochs if epoch.images_per_second)
    seconds = sum(epoch.seconds or 0 for epoch in epochs)
    facts = {
        "epochs": str(epochs[-1].number) if epochs else "",
        "training": duration(seconds) if seconds else "",
        "speed": f"{speeds[len(speeds) // 2]:,.0f} {what}/s" if speeds else "",
    }
    return {name: value for name, value in facts.items() if value}


def class_rows(record: RunRecord, counts: Mapping[str, ClassCount]) -> list[ClassRow]:
    """The evaluated classes, the unseen ones first, the worst of each first."""
    seen = {item.label: item.seen for item in record.classes}
    unknown = ClassCount(0, None)
    rows = [
        ClassRow(
            label,
            record.names.get(label, label),
            seen.get(label, True),
            images=counts.get(label, unknown).images or None,
            student=accuracy,
            teacher=counts.get(label, unknown).teacher,
        )
        for label, accuracy in record.per_class.items()
    ]
    return sorted(rows, key=lambda row: (row.seen, row.student, row.label))


def flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Settings as (dotted name, value) pairs, in their order."""
    pairs: list[tuple[str, str]] = []
    for field, value in settings.items():
        if isinstance(value, Mapping):
            pairs += flat(value, f"{prefix}{field}.")
        else:
            pairs.append((f"{prefix}{field}", _written(value)))
    return pairs


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(str(item) for item in value)
    return "not set" if value is None else str(value)
