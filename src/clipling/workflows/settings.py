"""The settings of a distillation, resolved: what `config.yaml` records and every stage reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from clipling.contracts.errors import InputError, unknown
from clipling.contracts.records import OnBadImage
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

    def record(self) -> dict[str, Any]:
        """Plain values by name, complete: `clipling distill --config` makes the same run of them."""
        fields = asdict(self)
        recipe = fields.pop("recipe")
        options = {name: recipe[name] for name in RECIPE_OPTIONS}
        record: dict[str, Any] = plain({**fields, "recipe": recipe["name"], **options})
        return record

    @classmethod
    def from_record(cls, record: dict[str, Any], where: Path) -> "Settings":
        """The settings that `record` was made of; what a version since then has added has its default.

        Raises InputError, naming the file `where` it stands, for the record of another verb.
        """
        if absent := [name for name in ("data", "student", "recipe") if name not in record]:
            raise InputError(
                f"{where}: has no {absent[0]}, so it is no run of `clipling distill`; take the verbs of its own"
            )
        with named(where):
            hints = get_type_hints(Recipe)
            options = {name: restored(hints[name], record[name]) for name in RECIPE_OPTIONS if name in record}
            recipe = replace(preset(record["student"]), name=record["recipe"], **options)
            hints = {name: hint for name, hint in get_type_hints(cls).items() if name in record and name != "recipe"}
            return cls(recipe=recipe, **{name: restored(hint, record[name]) for name, hint in hints.items()})

    def settled(self, images: int) -> "Settings":
        """The same with the repeats that a training set of so many images gets, so that the record says them."""
        return replace(self, recipe=replace(self.recipe, repeats=self.recipe.repeats_for(images)))

    def evaluate_at(self, epoch: int) -> bool:
        """Whether to measure after this epoch: every so often, and after each of the last five."""
        return epoch % self.evaluate_every == 0 or epoch > self.recipe.epochs - EPOCHS_AVERAGED


def plain(value: Any) -> Any:
    """What YAML can hold of it: lists for tuples, text for paths."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value


@contextmanager
def named(where: Path) -> Iterator[None]:
    """Name the file that settings are restored from in what is wrong with them, where it was edited by hand."""
    try:
        yield
    except (TypeError, InputError) as error:
        raise InputError(f"{where}: {error}") from None


def restored(hint: Any, value: Any) -> Any:
    """The inverse of `plain`, for a value of that type."""
    kind: Any = next((one for one in get_args(hint) if is_dataclass(one) or one is Path), hint)
    if isinstance(value, dict):
        hints = get_type_hints(kind)
        if odd := [name for name in value if name not in hints]:
            raise unknown("setting", odd[0], hints)
        return kind(**{name: restored(hints[name], inner) for name, inner in value.items()})
    if isinstance(value, list):
        return tuple(value)
    return Path(value) if kind is Path and value is not None else value
