"""The settings of a training on scenes, resolved: what `config.yaml` records. No torch here."""

from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from clipling.applications.pickclutter.recipes import Method, get_method
from clipling.contracts.conform import from_values, require_types
from clipling.contracts.errors import InputError, refuse_outside, require
from clipling.contracts.limits import IMAGE_SIZE, require_seed
from clipling.training.config import Hardware, LoggerName, OptimizerConfig, ScheduleConfig
from clipling.workflows.settings import EPOCHS_AVERAGED, named, plain

OptimizerName = Literal["sgd", "adamw"]
ScheduleName = Literal["multi_step", "one_cycle"]
TEMPERATURE = 0.07
"""Divides every cosine: over places, over the pair, over the batch."""
THRESHOLD = 0.5
"""An object whose score is above this is said to be present."""


@dataclass(frozen=True)
class Settings:
    """One value for every option of `clipling pickclutter train`, which says what each means."""

    train: Path
    teacher: str
    out: Path
    id: Path | None
    ood: Path | None
    recipe: str
    student: str
    image_size: int
    epochs: int
    batch_size: int
    optimizer: OptimizerName
    lr: float
    schedule: ScheduleName
    prompt: int
    seed: int
    pretrained: bool
    hardware: Hardware
    logger: tuple[LoggerName, ...]
    evaluate_every: int
    descriptions: Path | None = None

    def __post_init__(self) -> None:
        """Raises InputError for numbers that cannot be meant."""
        require_types(self)
        require_seed(self.seed)
        least = {"epochs": 1, "batch_size": 2, "prompt": 0, "evaluate_every": 1}
        refuse_outside(**{name: (getattr(self, name), smallest, 1_000_000) for name, smallest in least.items()})
        refuse_outside(image_size=(self.image_size, 32, IMAGE_SIZE))
        require(0 < self.lr <= 1000, "lr", self.lr, "a number above 0, such as 0.001")
        if self.descriptions is not None:
            require(self.method.descriptions, "descriptions", self.descriptions, f"none, as '{self.recipe}' uses none")
        _ = self.method

    @property
    def method(self) -> Method:
        """What the recipe's name stands for."""
        return get_method(self.recipe)

    @property
    def optimizer_config(self) -> OptimizerConfig:
        """As the library takes it; weight decay as in the authors' code (AdamW: 0.01)."""
        decay = 1e-4 if self.optimizer == "sgd" else 1e-2
        return OptimizerConfig(name=self.optimizer, lr=self.lr, weight_decay=decay)

    @property
    def schedule_config(self) -> ScheduleConfig:
        """x0.3 after one and two thirds of the epochs, 30 and 60 of 90; or one cycle."""
        return ScheduleConfig(name=self.schedule, gamma=0.3)

    def record(self) -> dict[str, Any]:
        """Plain values by name, complete."""
        values: dict[str, Any] = plain(asdict(self))
        return values

    @classmethod
    def from_record(cls, record: dict[str, Any], where: Path) -> "Settings":
        """The settings that `record`, read from `where`, was made of. Raises InputError when it is of another verb."""
        if absent := [one.name for one in fields(cls) if one.name not in record and one.default is MISSING]:
            raise InputError(f"{where}: no run of `clipling pickclutter train` ({absent[0]} is missing)")
        with named(where):
            return from_values(cls, record, extra=True)

    def evaluate_at(self, epoch: int) -> bool:
        """Whether to measure after this epoch: every so often, and after each of the last five."""
        return epoch % self.evaluate_every == 0 or epoch > self.epochs - EPOCHS_AVERAGED
