"""The settings of a distillation, resolved: what `config.yaml` records and every stage reads."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clipling.contracts.records import OnBadImage
from clipling.recipes import Recipe
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
        plain: dict[str, Any] = _plain({**fields, "recipe": recipe["name"], **options})
        return plain

    def evaluate_at(self, epoch: int) -> bool:
        """Whether to measure after this epoch: every so often, and after each of the last five."""
        return epoch % self.evaluate_every == 0 or epoch > self.recipe.epochs - EPOCHS_AVERAGED


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value
