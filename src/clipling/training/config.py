"""What can be set about training; no torch here, so that the command line can describe it without loading any."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter

from clipling.contracts.conform import require_types
from clipling.contracts.errors import refuse_outside, require
from clipling.contracts.limits import WORKERS

LoggerName = Literal["tensorboard", "wandb", "mlflow"]
_LOSSES = ("cls", "mse", "im_cst", "vl_prox", "cap")
NEED_LABELS = ("cls", "vl_prox", "cap")
"""The losses that ask for the class of each image."""
_MOST = 1000.0
"""Of rates and factors. Nobody means more, and float32 holds what becomes of it."""


def require_temperature(value: float, name: str) -> None:
    """Raise InputError for a temperature that cosines cannot be divided by."""
    require(1e-4 <= value <= 1e4, name, value, "a number above 0, such as 0.07 (from 0.0001 to 10000)")


@dataclass(frozen=True)
class LossConfig:
    """Weights of the losses (0 leaves one out) and what they share."""

    cls: float = 0.0
    """Weight of the classification loss against the class texts."""
    mse: float = 0.0
    """Weight of the squared distance to the teacher's image feature."""
    im_cst: float = 0.0
    """Weight of the contrast between student and teacher image features."""
    vl_prox: float = 0.0
    """Weight of the vision-language proximity loss over the teacher's k nearest texts."""
    cap: float = 0.0
    """Weight of the contrast with each image's caption (needs captions.jsonl)."""
    temperature: float = 0.07
    """Divides every cosine before a softmax."""
    k: int = 256
    """How many of the nearest texts vl_prox compares; at most the number of seen classes counts."""
    filter_misaligned: bool = True
    """vl_prox skips images whose nearest text, to the teacher, is not their own class's."""
    filter_im_cst: bool = False
    """im_cst skips those images too, as anchors and as negatives (Table 9, last row)."""
    bidirectional: bool = True
    """im_cst lets teacher images choose among student images, too; the printed Eq. 3 goes one way."""

    def __post_init__(self) -> None:
        require_types(self, "losses")
        require_temperature(self.temperature, "losses.temperature")
        refuse_outside(**{"losses.k": (self.k, 1, math.inf)})
        for name in _LOSSES:
            weight = getattr(self, name)
            require(0 <= weight <= _MOST, f"losses.{name}", weight, f"a weight of 0 or above, at most {_MOST:g}")

    @property
    def weights(self) -> dict[str, float]:
        """Weight by short name, of the losses in use."""
        all_weights = {name: getattr(self, name) for name in _LOSSES}
        return {name: weight for name, weight in all_weights.items() if weight}


@dataclass(frozen=True)
class OptimizerConfig:
    """The optimizer and its numbers."""

    name: Literal["sgd", "adamw"] = "sgd"
    """Which optimizer."""
    lr: float = 0.05
    """Learning rate (the highest one, under one_cycle)."""
    momentum: float = 0.9
    """Momentum of sgd under multi_step; one_cycle moves it, and adamw's first beta, from 0.95 to 0.85 and back."""
    weight_decay: float = 1e-4
    """Weight decay."""

    def __post_init__(self) -> None:
        require_types(self, "optimizer")
        require(0 < self.lr <= _MOST, "optimizer.lr", self.lr, f"a number above 0, at most {_MOST:g}")
        require(0 <= self.momentum < 1, "optimizer.momentum", self.momentum, "0 or above, and below 1")
        decays = 0 <= self.weight_decay <= _MOST
        require(decays, "optimizer.weight_decay", self.weight_decay, f"0 or above, at most {_MOST:g}")


@dataclass(frozen=True)
class ScheduleConfig:
    """How the learning rate changes from epoch to epoch."""

    name: Literal["multi_step", "one_cycle"] = "multi_step"
    """multi_step multiplies by gamma at each milestone; one_cycle rises and falls once, stepped per epoch."""
    milestones: Annotated[tuple[float, ...], Parameter(consume_multiple=True)] = (1 / 3, 2 / 3)
    """Milestones as shares of all epochs: 30 and 60 of 90."""
    gamma: float = 0.1
    """Factor at each milestone."""

    def __post_init__(self) -> None:
        require_types(self, "schedule")
        require(0 < self.gamma <= 1, "schedule.gamma", self.gamma, "a number above 0, at most 1")
        shares = all(0 < share <= 1 for share in self.milestones)
        require(shares, "schedule.milestones", self.milestones, "shares of all epochs, above 0 and at most 1")


@dataclass(frozen=True)
class Device:
    """Where arithmetic runs."""

    accelerator: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute; auto takes a GPU when there is one."""

    def __post_init__(self) -> None:
        require_types(self, "hardware")


@dataclass(frozen=True)
class Loading(Device):
    """The same for work that reads images."""

    workers: int | None = None
    """Processes that load images; by default one fewer than the cores this process may use, at most 8."""

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_outside(**{"hardware.workers": (self.workers, 0, WORKERS)})


@dataclass(frozen=True)
class Caching(Loading):
    """The same for work that keeps decoded images."""

    cache_gb: float = 8.0
    """Disk the decoded image cache may take; beyond it, images are decoded every epoch. 0 turns it off."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.cache_gb < math.inf, "hardware.cache_gb", self.cache_gb, "a number of gigabytes, 0 or above")


@dataclass(frozen=True)
class Hardware(Caching):
    """The same for training; none of it belongs to a recipe."""

    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """auto takes bf16 where the processor or GPU computes in it natively, else fp32."""
    compile: bool = False
    """Compile the student with torch.compile (needs a C++ compiler; pays off in long runs on a GPU)."""
