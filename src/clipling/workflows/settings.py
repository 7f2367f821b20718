"""The settings of a distillation, resolved: what `config.yaml` records and every stage reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from math import inf
from numbers import Integral, Real
from pathlib import Path
from typing import Any, get_type_hints

from clipling.contracts.conform import conform, from_values, require_types
from clipling.contracts.errors import InputError, refuse_outside
from clipling.contracts.limits import IMAGE_SIZE, require_seed
from clipling.contracts.records import OnBadImage, refuse_retrieval
from clipling.recipes import Recipe
from clipling.recipes.presets import preset
from clipling.training.config import Hardware, LoggerName

RECIPE_OPTIONS = ("epochs", "batch_size", "repeats", "losses", "optimizer", "schedule", "augmentation", "text")
EPOCHS_AVERAGED = 5
"""The figure reported is the mean over this many last epochs, as in the paper."""


@dataclass(frozen=True)
class Settings:
    """One value for every option of `clipling.distill`, which says what each means."""

    data: Path
    teacher: str
    out: Path
    split: Path | None
    recipe: Recipe
    student: str
    image_size: int
    seed: int
    pretrained: bool
    hardware: Hardware
    features: Path | None
    init_from: Path | None
    on_bad_image: OnBadImage
    guards: bool
    logger: tuple[LoggerName, ...]
    evaluate_every: int
    unlabelled: bool = False
    names: Path | None = None
    sure: float = 0.7

    def __post_init__(self) -> None:
        """Raises InputError for values of another type, and numbers that cannot be meant."""
        require_types(self)
        require_seed(self.seed)
        refuse_outside(image_size=(self.image_size, 8, IMAGE_SIZE), evaluate_every=(self.evaluate_every, 1, inf))

    def record(self) -> dict[str, Any]:
        """Plain values by name, complete: `clipling distill --config` makes the same run of them."""
        fields = asdict(self)
        if not self.unlabelled:
            for name in ("unlabelled", "names", "sure"):
                del fields[name]
        recipe = fields.pop("recipe")
        options = {name: recipe[name] for name in RECIPE_OPTIONS}
        record: dict[str, Any] = plain({**fields, "recipe": recipe["name"], **options})
        return record

    @classmethod
    def from_record(cls, record: dict[str, Any], where: Path) -> "Settings":
        """The settings that `record` was made of; what a version since then has added has its default.

        Raises InputError, naming the file `where` it stands, for the record of another verb.
        """
        refuse_retrieval(record, where.parent)
        if absent := [name for name in ("data", "student", "recipe") if name not in record]:
            raise InputError(
                f"{where}: has no {absent[0]}, so it is no run of `clipling distill`; take the verbs of its own"
            )
        with named(where):
            hints = get_type_hints(Recipe)
            options = {name: conform(hints[name], record[name], name) for name in RECIPE_OPTIONS if name in record}
            usual = preset(conform(str, record["student"], "student"))
            recipe = replace(usual, name=record["recipe"], **options)
            return from_values(cls, {**record, "recipe": recipe}, extra=True)

    def settled(self, images: int) -> "Settings":
        """The same with the repeats that a training set of so many images gets, so that the record says them."""
        return replace(self, recipe=replace(self.recipe, repeats=self.recipe.repeats_for(images)))

    def evaluate_at(self, epoch: int) -> bool:
        """Whether to measure after this epoch: every so often, and after each of the last five."""
        return epoch % self.evaluate_every == 0 or epoch > self.recipe.epochs - EPOCHS_AVERAGED


def plain(value: Any) -> Any:
    """What YAML can hold of it: lists for tuples, text for paths, Python's own numbers."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    return str(value) if isinstance(value, Path) else value


@contextmanager
def named(where: Path) -> Iterator[None]:
    """Name the file that values are restored from in what is wrong with them, where it was edited or damaged."""
    try:
        yield
    except InputError as error:
        raise error if str(where) in str(error) else InputError(f"{where}: {error}") from None
