"""What a person sees while a stage works, on stderr: bars on a terminal, a line per epoch elsewhere."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from clipling.contracts.errors import TextsAlike

console = Console(stderr=True, highlight=False, emoji=False, quiet=os.environ.get("RANK", "0") != "0")
"""Of several processes the first one alone speaks; they do the same."""


def say(message: str) -> None:
    """One line for the person at the terminal."""
    console.print(message, markup=False, soft_wrap=True)


@contextmanager
def alike_said() -> Iterator[None]:
    """Say which names the teacher cannot tell apart in a line, where Python would warn of them."""
    with warnings.catch_warnings(record=True) as caught:
        yield
    for warning in caught:
        if issubclass(warning.category, TextsAlike):
            say(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, total) that shows how far `what` has come."""
    with _bars() as progress:
        task = progress.add_task(what, total=None)

        def update(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield update


def _bars(*columns: TextColumn) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


class TrainingView:
    """Live progress of training: epoch, time to the end, images per second, each loss by name."""

    def __init__(self, epochs: int, done: int) -> None:
        self._epochs = epochs
        self._done = done
        self._bars = _bars(TextColumn("{task.fields[speed]}"), TextColumn("{task.fields[losses]}"))

    def __enter__(self) -> "TrainingView":
        self._bars.start()
        self._task = self._bars.add_task("training", total=None, speed="", losses="")
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def step(self, epoch: int, done: int, steps: int, images_per_second: float, losses: Mapping[str, Any]) -> None:
        """After each step; losses are read, which waits for a GPU, only now and then."""
        if done % max(1, steps // 20) and done != steps:
            return
        shown = "  ".join(f"{name} {float(value.detach()):.3f}" for name, value in losses.items())
        self._bars.update(
            self._task,
            description=f"epoch {epoch}/{self._epochs}",
            completed=(epoch - self._done - 1) * steps + done,
            total=(self._epochs - self._done) * steps,
            speed=f"{images_per_second:,.0f} images/s",
            losses=shown,
        )

    def epoch(self, row: Mapping[str, Any]) -> None:
        """After each epoch: one line that stays."""
        losses = "  ".join(f"{name} {value:.3f}" for name, value in row["loss"].items())
        shares = "  ".join(f"{name} {value:.1%}" for name, value in row.get("accuracy", {}).items())
        head = f"epoch {row['epoch']}/{self._epochs}  {row['images_per_second']:,.0f} images/s"
        say(f"{head}  {losses}" + (f"  |  {shares}" if shares else ""))
