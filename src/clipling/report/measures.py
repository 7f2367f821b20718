"""The names of what is measured, in words a reader understands, and how figures are written."""

from collections.abc import Iterable

_LABELS = {
    "ood_zero_shot": "Unseen classes",
    "id": "Seen classes",
    "harmonic_mean": "H, both among all",
    "joint_seen": "Seen, chosen among all",
    "joint_unseen": "Unseen, chosen among all",
}
_FEW_SHOT = "ood_few_shot/"


def label_of(measure: str) -> str:
    """The measure in words: `ood_zero_shot` is 'Unseen classes'; a name that is not known stays as it is."""
    if measure.startswith(_FEW_SHOT):
        return f"Unseen, {measure.removeprefix(_FEW_SHOT)} images of each"
    return _LABELS.get(measure, measure)


def in_order(measures: Iterable[str]) -> list[str]:
    """The measures each once, the weightiest first: unseen, seen, few-shot, then those among all classes."""
    known = list(_LABELS)

    def rank(measure: str) -> tuple[int, int, str]:
        if measure.startswith(_FEW_SHOT):
            shots = measure.removeprefix(_FEW_SHOT)
            return (2, int(shots) if shots.isdecimal() else 0, measure)
        place = known.index(measure) if measure in known else len(known)
        return (place if place < 2 else place + 1, 0, measure)

    return sorted(set(measures), key=rank)


def percent(fraction: float, digits: int = 1) -> str:
    """A fraction in [0, 1] as per cent, with a space that does not break: 0.382 is '38.2 %'."""
    return f"{100 * fraction:.{digits}f}\N{NO-BREAK SPACE}%"


def duration(seconds: float) -> str:
    """Seconds in the unit a person would choose: '42 s', '12 min', '3 h 05 min'."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
