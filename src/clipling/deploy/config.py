"""`config.json` of a bundle: everything but weights, texts and labels that is needed to answer for an image.

Shapes: D embedding width, S x S pixels.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from clipling.contracts.errors import InputError
from clipling.files import read_json

SCHEMA = 1
PROMPT = "prompt.safetensors"
_TEACHER_KEYS = ("id", "weights_hash")


@dataclass(frozen=True)
class BundleConfig:
    """architecture .. std build the network; the rest says how its answers come about.

    width: D. image_size: S. shorter_side: pixels to which an image is brought before its central S x S are taken.
    temperature: what cosines are divided by.
    template: of the stored texts; empty where they are no texts but vectors of a closed set of classes. teacher: at
    least `id` and `weights_hash`, and `spec` where the id does not say where to load it from. about: facts about the
    training. results: those of `results.json`, or None. prompt: the file of the learned prompt in which the stored
    texts are, or None where they are in the template.
    """

    architecture: str
    width: int
    image_size: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    shorter_side: int
    temperature: float
    template: str
    teacher: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] | None = None
    prompt: str | None = None

    def __post_init__(self) -> None:
        for name in ("width", "image_size", "channels", "shorter_side"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, expected at least 1")
        if not (len(self.mean) == len(self.std) == self.channels and all(value > 0 for value in self.std)):
            raise InputError(f"mean {self.mean} and std {self.std} do not go with {self.channels} channels")
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise InputError(f"temperature is {self.temperature}, expected a number above 0, such as 0.07")
        if self.prompt not in (None, PROMPT):
            raise InputError(f"prompt is {self.prompt!r}, expected {PROMPT!r} or none")
        if absent := [key for key in _TEACHER_KEYS if not isinstance(self.teacher.get(key), str)]:
            raise InputError(f"teacher has no {' and no '.join(absent)}; expected those of the loaded teacher")

    def as_json(self) -> dict[str, Any]:
        """The content of the file; the resize rule stands together under `resize`."""
        values = asdict(self)
        resize = {"shorter_side": values.pop("shorter_side"), "crop": self.image_size}
        return {"schema": SCHEMA, **values, "resize": resize}


def read_config(path: Path) -> BundleConfig:
    """The configuration in `path`. Raises InputError naming the field for another schema or a value of another type."""
    values = read_json(path)
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected an object; copy the bundle again")
    if values.get("schema") != SCHEMA:
        raise InputError(
            f"{path}: schema is {values.get('schema')!r}, this clipling reads schema {SCHEMA}; "
            "use the clipling that wrote the bundle, or export it again"
        )
    resize = _get(values, "resize", dict, path)
    try:
        return BundleConfig(
            architecture=_get(values, "architecture", str, path),
            width=_get(values, "width", int, path),
            image_size=_get(values, "image_size", int, path),
            channels=_get(values, "channels", int, path),
            mean=_numbers(values, "mean", path),
            std=_numbers(values, "std", path),
            shorter_side=_get(resize, "shorter_side", int, path),
            temperature=float(_get(values, "temperature", (int, float), path)),
            template=_get(values, "template", str, path),
            teacher=_get(values, "teacher", dict, path),
            about=_get(values, "about", dict, path),
            results=_get(values, "results", (dict, type(None)), path),
            prompt=_get({"prompt": None, **values}, "prompt", (str, type(None)), path),
        )
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"{path}: {error}") from error


def _get(values: Mapping[str, Any], name: str, kind: Any, path: Path) -> Any:
    value = values.get(name)
    if name not in values or not isinstance(value, kind) or isinstance(value, bool):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        wanted = " or ".join(one.__name__ for one in kinds)
        raise InputError(f"{path}: {name} is {value!r}, expected {wanted}; copy the bundle again")
    return value


def _numbers(values: Mapping[str, Any], name: str, path: Path) -> tuple[float, ...]:
    numbers = _get(values, name, list, path)
    if not all(isinstance(number, int | float) for number in numbers):
        raise InputError(f"{path}: {name} is {numbers!r}, expected a list of numbers; copy the bundle again")
    return tuple(float(number) for number in numbers)
