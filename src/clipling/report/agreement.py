"""How far a student agrees with its teacher on images without classes, and what that means in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clipling.contracts.figures import AGREEMENT
from clipling.report import fields
from clipling.report.measures import percent

if TYPE_CHECKING:
    from clipling.report.record import RunRecord

_ENOUGH = 100
"""Held-out images below which one of them is more than a point of a share."""


@dataclass(frozen=True)
class Agreement:
    """Measured on so many held-out images: shipped weights, mean and standard deviation of the last epochs, and what a
    student reaches that has learned nothing. By measure: `cosine` in [-1, 1], `degrees`, shares in [0, 1].
    """

    images: int
    bundle: dict[str, float]
    mean: dict[str, float]
    std: dict[str, float]
    chance: dict[str, float]


@dataclass(frozen=True)
class AgreementRow:
    """One line of the table: the measure in words, and its figures as text; a dash where there is none."""

    name: str
    shipped: str
    mean: str
    chance: str


def read_agreement(path: Path, value: Any) -> Agreement | None:
    """The entry of results.json; None where there is none. Raises InputError for another form."""
    entry = fields.mapping(path, "agreement", value)
    if not entry:
        return None
    figures = {
        name: fields.numbers(path, f"agreement.{name}", entry.get(name), at_least=-1, at_most=180)
        for name in ("bundle", "mean", "std", "chance")
    }
    for name, key in (("bundle", "cosine"), ("bundle", "m_rel"), *(("chance", key) for key in figures["bundle"])):
        fields.number(path, f"agreement.{name}.{key}", figures[name].get(key), at_least=-1)
    return Agreement(int(fields.number(path, "agreement.images", entry.get("images"))), **figures)


def read_labels(path: Path, value: Any) -> dict[str, float]:
    """The entry `pseudo_labels` of results.json; empty where there is none. Raises InputError for another form."""
    entry = fields.mapping(path, "pseudo_labels", value)
    keys = ("names", "sure", "images", "of") if entry else ()
    return {key: fields.number(path, f"pseudo_labels.{key}", entry.get(key)) for key in keys}


def rows_of(agreement: Agreement | None) -> list[AgreementRow]:
    """The table, the weightiest measure first."""
    if agreement is None:
        return []
    found = agreement
    rows = []
    for key in (key for key in AGREEMENT if key in found.bundle):
        spread = f" ± {_written(key, found.std[key])}" if key in found.std else ""
        mean = _written(key, found.mean.get(key))
        rows.append(
            AgreementRow(
                f"{AGREEMENT[key][0].upper()}{AGREEMENT[key][1:]} ({key})",
                _written(key, found.bundle[key]),
                f"{mean}{spread}",
                _written(key, found.chance.get(key)),
            )
        )
    return rows


def _written(key: str, value: float | None) -> str:
    if value is None:
        return "–"
    if key == "degrees":
        return f"{value:.1f}°"
    return f"{value:.3f}" if key == "cosine" else percent(value)


def lead_of(agreement: Agreement) -> str:
    """The run in a sentence or two."""
    found, images = agreement.bundle, f"Of {agreement.images} images it was not trained on"
    if "same_answer" in found:
        said = (
            f"{images}, this student gives {percent(found['same_answer'])} the name that its teacher gives them; the "
            f"teacher's commonest answer for every image would reach {percent(agreement.chance['same_answer'])}."
        )
    else:
        said = (
            f"{images}, this student puts {percent(found['m_rel'])} nearest to where its teacher puts the same image; "
            f"chance is {percent(agreement.chance['m_rel'])}."
        )
    return f"{said} The images have no labels, so how often either is right is not known."


def cautions_of(agreement: Agreement | None) -> list[str]:
    """What should make a reader careful about these figures."""
    if agreement is None:
        return []
    found = []
    if agreement.bundle["cosine"] <= agreement.chance["cosine"]:
        found.append("The student is no nearer to its teacher than one and the same feature for every image would be.")
    if agreement.images < _ENOUGH:
        found.append(f"Only {agreement.images} images were held out: shares of them are coarse.")
    return found


def labels_of(record: "RunRecord") -> str:
    """What the run knew of classes."""
    taught: Mapping[str, float] = record.pseudo_labels
    if not taught:
        return "none: images without labels"
    return (
        f"{taught['names']:.0f} names, of which the teacher's answer was the label of {taught['images']:.0f} of "
        f"{taught['of']:.0f} images (probability of at least {taught['sure']:g})"
    )
