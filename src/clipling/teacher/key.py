"""What stored features depend on. Two keys that differ mean features that must not be mixed."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from clipling.contracts.conform import from_values
from clipling.contracts.errors import InputError, refuse_below


@dataclass(frozen=True)
class TeacherKey:
    """The teacher (its name and the hash of its weights), what it is shown, and how its answers are made and stored."""

    teacher: str
    weights: str
    preprocessing: dict[str, Any]
    precision: str = "fp32"
    views: int = 1
    dtype: str = "float16"

    @classmethod
    def from_dict(cls, values: Any, where: Path) -> "TeacherKey":
        """From the JSON in `where`. Raises InputError when it is no key."""
        names = [field.name for field in fields(cls)]
        missing = [name for name in names if name not in values] if isinstance(values, dict) else names
        if missing:
            raise InputError(f"{where}: not written by a feature extraction ({', '.join(missing)} missing)")
        try:
            key = from_values(cls, values, extra=True)
            refuse_below(views=(key.views, 1))
        except InputError as error:
            raise InputError(f"{where}: {error}; the file was changed, or is damaged") from None
        return key

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def require(self, wanted: "TeacherKey", folder: Path) -> None:
        """Raise InputError, with every difference to `wanted`, unless the two are equal."""
        stored, asked = dict(_flat(self.as_dict())), dict(_flat(wanted.as_dict()))
        different = [name for name in {**stored, **asked} if stored.get(name) != asked.get(name)]
        if different:
            listing = "; ".join(f"{name}: stored {stored.get(name)}, wanted {asked.get(name)}" for name in different)
            raise InputError(
                f"{folder} holds features of another key ({listing}); "
                "`clipling features --rebuild` makes them anew, or choose another folder"
            )


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
