"""The training loop. It knows neither teacher nor evaluation: what a batch teaches, and measurements, are functions.

Every random number of a step is a function of (seed, epoch, step), so a run that was killed and resumed ends in the
weights of one that was not.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from clipling.data.augment import mixed_seed
from clipling.data.loader import Batch
from clipling.language.prompts import LearnedPrompt
from clipling.training.checkpoint import load_latest, restoring, save_checkpoint
from clipling.training.guards import FiniteLoss, LearnsSomething
from clipling.training.journal import Journal
from clipling.training.objective import Losses

Net = TypeVar("Net", bound=nn.Module)


@runtime_checkable
class Observer(Protocol):
    """Who wants to see training go: a progress bar, or nobody."""

    def step(self, epoch: int, done: int, steps: int, images_per_second: float, losses: Losses) -> None: ...
    def epoch(self, row: dict[str, Any]) -> None: ...


@dataclass
class Trainee(Generic[Net]):
    """What a checkpoint holds: the student and what moves its weights."""

    net: Net
    """The bare student: its state is saved and shipped."""
    model: nn.Module
    """The same student as Fabric runs it: precision, processes, compilation."""
    optimizer: Optimizer
    schedule: LRScheduler
    epoch: int = 0
    """Finished epochs."""
    prompt: LearnedPrompt | None = None
    """The learned prompt, where the optimizer moves one too."""

    def state(self) -> dict[str, Any]:
        """Everything needed to go on from here."""
        return {
            "epoch": self.epoch,
            "net": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            **({"prompt": self.prompt.state_dict()} if self.prompt else {}),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a saved state. Raises what torch does, or ValueError, for that of another training."""
        if state["schedule"].keys() != self.schedule.state_dict().keys():  # torch takes any
            raise ValueError("the schedule is another one")
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        if self.prompt:
            self.prompt.load_state_dict(state["prompt"])
        self.epoch = state["epoch"]


def take_up(trainee: Trainee[Net], journal: Journal, checkpoints: Path) -> bool:
    """Put trainee and journal where the last checkpoint left them; False where there is none.

    Raises InputError when that checkpoint is cut short, damaged, or of another training.
    """
    state = load_latest(checkpoints)
    if state:
        with restoring(checkpoints):
            trainee.restore(state)
    journal.forget_after(trainee.epoch)
    return state is not None


@runtime_checkable
class Loader(Protocol):
    """Batches of any epoch, in an order that only (seed, epoch) decides."""

    steps: int
    batch_size: int
    """Images of all processes together in one step."""

    def epoch(self, epoch: int) -> Iterable[Batch]: ...


@dataclass(frozen=True)
class Plan(Generic[Net]):
    """What does not change while training."""

    lesson: Callable[[Any, Batch], Losses]
    """The losses of what the model made of a batch."""
    epochs: int
    seed: int
    loader: Loader
    evaluate: Callable[[Net], dict[str, float]]
    evaluate_at: Callable[[int], bool]
    finite: FiniteLoss
    learns: LearnsSomething | None
    journal: Journal
    checkpoints: Path
    observer: Observer
    measured: str = "accuracy"
    """What `evaluate` measures: its name in the journal."""


def fit(fabric: Fabric, trainee: Trainee[Net], plan: Plan[Net]) -> None:
    """Train from the trainee's epoch to the last, writing a log row and a checkpoint after each epoch."""
    with plan.journal:
        while trainee.epoch < plan.epochs:
            started = time.perf_counter()
            row: dict[str, Any] = {"epoch": trainee.epoch + 1, "lr": trainee.optimizer.param_groups[0]["lr"]}
            losses = train_epoch(fabric, trainee, plan)
            seconds = time.perf_counter() - started
            trainee.schedule.step()
            trainee.epoch += 1
            images = plan.loader.steps * plan.loader.batch_size
            row |= {"seconds": seconds, "images_per_second": images / seconds, "loss": losses}
            if plan.learns:
                plan.learns.check(trainee.epoch, losses)
            if fabric.global_rank == 0:
                if plan.evaluate_at(trainee.epoch):
                    row[plan.measured] = plan.evaluate(trainee.net)
                plan.journal.write("epoch", **row)
                save_checkpoint(plan.checkpoints, trainee.state())
                plan.observer.epoch(row)
            fabric.barrier()


def train_epoch(fabric: Fabric, trainee: Trainee[Net], plan: Plan[Net]) -> dict[str, float]:
    """One pass over the loader; returns the mean of the loss and of each part."""
    trainee.model.train()
    totals: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=fabric.device))
    epoch, started = trainee.epoch + 1, time.perf_counter()
    for step, batch in enumerate(plan.loader.epoch(epoch), 1):
        torch.manual_seed(mixed_seed(plan.seed, epoch, step, fabric.global_rank))  # dropout and the like
        parts = train_step(fabric, trainee, plan, batch)
        plan.finite.watch(parts["loss"], batch.rows)
        for name, part in parts.items():
            totals[name] += part.detach()
        speed = step * len(batch.rows) * fabric.world_size / (time.perf_counter() - started)
        plan.observer.step(epoch, step, plan.loader.steps, speed, parts)
    plan.finite.flush()
    return {name: float(total) / plan.loader.steps for name, total in totals.items()}


def train_step(fabric: Fabric, trainee: Trainee[Net], plan: Plan[Net], batch: Batch) -> Losses:
    """Forward, losses, backward, one optimizer step; returns the named losses."""
    images = batch.images.to(fabric.device, non_blocking=True)
    parts = plan.lesson(trainee.model(images), batch)
    trainee.optimizer.zero_grad(set_to_none=True)
    fabric.backward(parts["loss"])
    trainee.optimizer.step()
    return parts
