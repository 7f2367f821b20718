from collections.abc import Callable
from typing import Any, Literal

import pytest
import torch
from torch import nn

from clipling.training.config import OptimizerConfig, ScheduleConfig
from clipling.training.optimizer import make_optimizer, make_schedule, rising_epochs


def rates(config: OptimizerConfig, schedule: ScheduleConfig, epochs: int) -> list[float]:
    optimizer = make_optimizer(nn.Linear(2, 2).parameters(), config)
    steps = make_schedule(optimizer, schedule, epochs)
    seen = []
    for _ in range(epochs):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        steps.step()
    return seen


def test_resnet_preset_drops_at_30_and_60_of_90() -> None:
    seen = rates(OptimizerConfig(lr=0.05), ScheduleConfig(), 90)
    assert seen[:30] == pytest.approx([0.05] * 30)
    assert seen[30:60] == pytest.approx([0.005] * 30)
    assert seen[60:] == pytest.approx([0.0005] * 30)


def test_milestones_scale_with_fewer_epochs() -> None:
    assert rates(OptimizerConfig(lr=1.0), ScheduleConfig(), 9) == pytest.approx([1.0] * 3 + [0.1] * 3 + [0.01] * 3)


def test_one_cycle_rises_to_the_rate_and_falls() -> None:
    seen = rates(OptimizerConfig(name="adamw", lr=1e-4), ScheduleConfig(name="one_cycle"), 90)
    top = seen.index(max(seen))
    assert max(seen) == pytest.approx(1e-4, rel=1e-3)
    assert 20 < top < 30
    assert seen[0] == pytest.approx(4e-6)
    assert seen[-1] < 1e-8


@pytest.mark.parametrize(("name", "of"), [("sgd", lambda g: g["momentum"]), ("adamw", lambda g: g["betas"][0])])
def test_one_cycle_moves_the_momentum_against_the_rate(
    name: Literal["sgd", "adamw"], of: Callable[[dict[str, Any]], float]
) -> None:
    optimizer = make_optimizer(nn.Linear(2, 2).parameters(), OptimizerConfig(name=name, momentum=0.5))
    steps = make_schedule(optimizer, ScheduleConfig(name="one_cycle"), 20)
    seen = []
    for _ in range(20):
        seen.append(of(optimizer.param_groups[0]))
        optimizer.step()
        steps.step()
    assert (seen[0], min(seen), seen[-1]) == pytest.approx((0.95, 0.85, 0.95))


def test_milestones_that_meet_count_both() -> None:
    assert rates(OptimizerConfig(lr=1.0), ScheduleConfig(), 2) == pytest.approx([1.0, 0.01])


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_one_cycle_of_few_epochs_is_finite(epochs: int) -> None:
    seen = rates(OptimizerConfig(lr=0.1), ScheduleConfig(name="one_cycle"), epochs)
    assert all(0 < rate <= 0.1 for rate in seen)


def test_optimizers_carry_their_numbers() -> None:
    sgd = make_optimizer([nn.Parameter(torch.zeros(1))], OptimizerConfig(lr=0.2, momentum=0.8, weight_decay=0.3))
    assert (sgd.defaults["lr"], sgd.defaults["momentum"], sgd.defaults["weight_decay"]) == (0.2, 0.8, 0.3)
    adamw = make_optimizer([nn.Parameter(torch.zeros(1))], OptimizerConfig(name="adamw", lr=0.2, weight_decay=0.3))
    assert (type(adamw).__name__, adamw.defaults["weight_decay"]) == ("AdamW", 0.3)


@pytest.mark.parametrize("epochs", [5, 10, 90])
def test_one_cycle_rises_for_as_many_epochs_as_the_guard_waits(epochs: int) -> None:
    schedule = ScheduleConfig(name="one_cycle")
    seen = rates(OptimizerConfig(lr=0.1), schedule, epochs)
    assert 0 <= rising_epochs(schedule, epochs) - 1 - seen.index(max(seen)) <= 1
    assert rising_epochs(ScheduleConfig(), epochs) == 1
