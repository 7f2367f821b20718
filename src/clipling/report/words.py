"""A run in sentences: what a reader wants to know first, and what should make them careful."""

from clipling.contracts.figures import few_choices
from clipling.report.agreement import cautions_of, lead_of
from clipling.report.measures import percent
from clipling.report.record import RunRecord

_WIDE_GAP = 0.25
"""A student that loses this much more accuracy than its teacher, from seen to unseen classes, is pointed out."""


def chance(record: RunRecord, measure: str) -> float | None:
    """The accuracy of guessing among the classes that `measure` chooses from; None where that is not one number.

    A few-shot draw has none: its bundle tells the classes of the shots from others as little as its training did.
    """
    if "shots" in record.config:
        return None
    unseen = len(record.unseen)
    choices = {
        "id": len(record.classes) - unseen,
        "ood_zero_shot": unseen,
        "joint_seen": len(record.classes),
        "joint_unseen": len(record.classes),
    }
    count = unseen if measure.startswith("ood_few_shot/") else choices.get(measure, 0)
    return 1 / count if count else None


def lead(record: RunRecord) -> str:
    """The run in one sentence, told by its shipped weights: of unseen classes, or of the seen without others.

    Of images without classes it tells the agreement with the teacher.
    """
    if record.agreement:
        return lead_of(record.agreement)
    unseen = record.accuracy_bundle.get("ood_zero_shot")
    if unseen is not None:
        said = _told(record, "ood_zero_shot", len(record.unseen))
        return f"On classes it never saw, this student picks the right one of {said}."
    if "shots" in record.config:
        shots = record.config["shots"]
        after = record.accuracy_bundle.get(f"ood_few_shot/{shots}")
        right = "" if after is None else f": it is right about {percent(after)} of their other images"
        return f"This student was shown {shots} images of each class that it had not been trained on{right}."
    if "id" in record.accuracy_bundle:
        said = _told(record, "id", len(record.classes) - len(record.unseen))
        return (
            f"On new images of the classes it was trained on, this student picks the right one of {said}. "
            "It was not measured on unseen classes."
        )
    return "Nothing was measured: this run had no images to evaluate on."


def _told(record: RunRecord, measure: str, classes: int) -> str:
    beside = []
    guess = chance(record, measure)
    if guess is not None:
        beside.append(f"chance is {percent(guess)}")
    if measure in record.teacher:
        beside.append(f"the teacher reaches {percent(record.teacher[measure])}")
    sentence = f"{classes} in {percent(record.accuracy_bundle[measure])} of images"
    return f"{sentence}; {', '.join(beside)}" if beside else sentence


def cautions(record: RunRecord) -> list[str]:
    """What should make a reader careful about this run's figures; empty when nothing stands out."""
    found = cautions_of(record.agreement)
    for measure, where in (("id", "seen"), ("ood_zero_shot", "unseen")):
        interval, guess = record.intervals.get(measure), chance(record, measure)
        few = few_choices(round(1 / guess), where) if guess is not None and measure in record.accuracy_bundle else None
        if few:
            found.append(f"Mind that {few}.")
        if not few and interval and guess is not None and interval[0] <= guess:
            found.append(f"On {where} classes the interval reaches down to chance: this may be guessing.")
    if record.epochs_averaged is not None and record.epochs_averaged < 5:
        found.append(
            f"Only {record.epochs_averaged} epochs were evaluated, so means are over fewer than the usual five."
        )
    if record.skipped:
        found.append(
            f"{len(record.skipped)} images could not be read and were left out (skipped.json lists them), "
            f"such as {record.skipped[0]}."
        )
    gap = _gap(record.accuracy_bundle) - _gap(record.teacher)
    if gap > _WIDE_GAP:
        found.append(
            f"From seen to unseen classes the student loses {100 * gap:.0f} points more than the teacher does: "
            "it has learned its classes better than how to recognise new ones."
        )
    return found


def _gap(accuracy: dict[str, float]) -> float:
    """How much is lost from seen to unseen classes; 0 when either was not measured."""
    return accuracy["id"] - accuracy["ood_zero_shot"] if {"id", "ood_zero_shot"} <= accuracy.keys() else 0.0
