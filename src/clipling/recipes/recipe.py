"""A recipe: one complete, frozen experiment. A variant is a recipe plus `dataclasses.replace`."""

from dataclasses import dataclass, field

from clipling.contracts.conform import require_types
from clipling.contracts.errors import refuse_outside
from clipling.data.config import Augmentation
from clipling.language.config import TextConfig
from clipling.training.config import LossConfig, OptimizerConfig, ScheduleConfig

_MOST, _MOST_REPEATS = 1_000_000, 1000


@dataclass(frozen=True)
class Recipe:
    """Everything about training that is not data, teacher, student or machine."""

    name: str
    """What the recipe is called; a variant keeps the name of what it varies."""
    losses: LossConfig
    optimizer: OptimizerConfig
    schedule: ScheduleConfig
    augmentation: Augmentation
    epochs: int
    """Passes over the training set (times repeats)."""
    repeats_small: int
    """How often an epoch passes over a small training set."""
    repeats_large: int
    """How often over a larger one."""
    repeats: int | None = None
    """How often whatever its size, where given."""
    batch_size: int = 128
    """Images in a step, of all processes together."""
    text: TextConfig = field(default_factory=TextConfig)

    def __post_init__(self) -> None:
        """Raises InputError for values of another type, and numbers that cannot be meant."""
        require_types(self)
        refuse_outside(
            epochs=(self.epochs, 1, _MOST),
            batch_size=(self.batch_size, 2, _MOST),
            repeats=(self.repeats, 1, _MOST_REPEATS),
            repeats_small=(self.repeats_small, 1, _MOST_REPEATS),
            repeats_large=(self.repeats_large, 1, _MOST_REPEATS),
        )

    def repeats_for(self, images: int) -> int:
        """Passes over the training set in one epoch, for a set of so many images."""
        return self.repeats or (self.repeats_small if images < SMALL else self.repeats_large)


SMALL = 10_000
"""Images below which a training set is small: Flowers, Cars and Birds have about 4,000, Food-101 over 35,000."""
