"""`config.json` of a bundle: everything but weights, texts and labels that is needed to answer for an image.

Shapes: D embedding width, S x S pixels.
"""

from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from clipling.contracts.conform import conform, from_values, require_types
from clipling.contracts.errors import InputError, refuse_below, refuse_outside, require
from clipling.contracts.limits import CHANNELS, IMAGE_SIZE
from clipling.files import read_json

SCHEMA = 1
PROMPT = "prompt.safetensors"
_TEACHER_KEYS = ("id", "weights_hash")
_ACCURACIES = {"accuracy", "accuracy_bundle", "teacher"}


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
        """Raises InputError for values of another type, and for numbers that no student has."""
        require_types(self)
        refuse_below(width=(self.width, 1), shorter_side=(self.shorter_side, 1))
        refuse_outside(image_size=(self.image_size, 1, IMAGE_SIZE), channels=(self.channels, 1, CHANNELS))
        fits = len(self.mean) == len(self.std) == self.channels
        if not (fits and all(map(isfinite, self.mean)) and all(1e-6 <= value <= 1e6 for value in self.std)):
            raise InputError(f"mean {self.mean} and std {self.std} do not go with {self.channels} channels")
        require(1e-4 <= self.temperature <= 1e4, "temperature", self.temperature, "a number above 0, such as 0.07")
        require(self.prompt in (None, PROMPT), "prompt", self.prompt, f"'{PROMPT}' or none")
        if absent := [key for key in _TEACHER_KEYS if not isinstance(self.teacher.get(key), str)]:
            raise InputError(f"teacher has no {' and no '.join(absent)}; expected those of the loaded teacher")
        conform(str | None, self.teacher.get("spec"), "teacher.spec")
        for key in _ACCURACIES & (self.results or {}).keys():
            conform(dict[str, float | dict[str, float]], (self.results or {})[key], f"results.{key}")

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
    try:
        resize = conform(dict[str, Any], values.get("resize"), "resize")
        own = {**values, "shorter_side": conform(int, resize.get("shorter_side"), "resize.shorter_side")}
        return from_values(BundleConfig, own, extra=True)
    except InputError as error:
        raise InputError(f"{path}: {error}; copy the bundle again") from error
