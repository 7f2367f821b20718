"""Optimizer and learning-rate schedule of a recipe, both torch's own."""

import math
from collections.abc import Iterable

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler, MultiStepLR, OneCycleLR

from clipling.training.config import OptimizerConfig, ScheduleConfig

_RISE = 0.3  # share of a cycle in which the rate rises, torch's own
_SHORTEST_CYCLE = 4  # torch's OneCycleLR divides by zero in cycles of fewer steps


def make_optimizer(parameters: Iterable[nn.Parameter], config: OptimizerConfig) -> Optimizer:
    """The optimizer over `parameters`."""
    if config.name == "sgd":
        return SGD(parameters, lr=config.lr, momentum=config.momentum, weight_decay=config.weight_decay)
    return AdamW(parameters, lr=config.lr, weight_decay=config.weight_decay)


def make_schedule(optimizer: Optimizer, config: ScheduleConfig, epochs: int) -> LRScheduler:
    """The schedule over `epochs`, to be stepped once after each epoch.

    one_cycle is torch's own: as the rate rises, momentum (or AdamW's first beta) falls from 0.95 to 0.85, whatever it
    was set to. Milestones scale with the number of epochs; in so few that two meet, the rate falls by both at once.
    """
    if config.name == "one_cycle":
        highest = [group["lr"] for group in optimizer.param_groups]
        return OneCycleLR(optimizer, max_lr=highest, total_steps=max(epochs, _SHORTEST_CYCLE), pct_start=_RISE)
    milestones = [max(1, round(share * epochs)) for share in config.milestones]
    return MultiStepLR(optimizer, milestones=milestones, gamma=config.gamma)


def rising_epochs(config: ScheduleConfig, epochs: int) -> int:
    """Epochs until the rate is at its highest: the first one, or under one_cycle those of the rise."""
    return math.ceil(_RISE * epochs) if config.name == "one_cycle" else 1
