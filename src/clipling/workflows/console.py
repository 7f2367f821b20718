"""What a person sees: answers on stdout; on stderr bars while a stage works, or a line per epoch without a terminal.

All printing for people goes through `Terminal`: names and texts of strangers have no power over it.
"""

import errno
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.segment import Segment

from clipling.contracts.errors import InputError, TextsAlike
from clipling.contracts.system import translated
from clipling.plain import visible

_UNWRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What the system says of a write; every file that is written is named in its error, but for standard output."""


class Terminal(Console):
    """A console that prints text as it is: nothing in it is markup, and what acts on a terminal is written out.

    Line ends alone stay, for most of them are ours: whoever puts a stranger's text into lines or cells makes it
    `visible` first.
    """

    def __init__(self, *, stderr: bool = False, quiet: bool = False) -> None:
        super().__init__(stderr=stderr, quiet=quiet, highlight=False, emoji=False, markup=False, soft_wrap=True)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Every segment that rich makes of it, harmless."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text, keep="\n"))


console = Terminal(stderr=True, quiet=os.environ.get("RANK", "0") != "0")
"""Of several processes the first one alone speaks; they do the same."""


def say(message: str) -> None:
    """One line for the person at the terminal; where standard error takes none, the work goes on without."""
    with suppress(OSError):
        console.print(visible(message))


def speaks_utf8() -> bool:
    """Whether standard output can hold every character."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


def write_what_can_be_written() -> None:
    """Let standard output and error show as an escape what their encoding lacks, and not fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def delivered() -> Iterator[None]:
    """What is written to standard output meanwhile arrives there. Raises InputError where it cannot be written."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        if error.filename is not None or error.errno not in _UNWRITTEN:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left would fail once more at the end
        raise InputError(f"standard output: {translated(error)}") from error


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
        task = progress.add_task(visible(what), total=None)

        def update(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield update


def _bars(*columns: TextColumn) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
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
        self._bars = _bars(
            TextColumn("{task.fields[speed]}", markup=False), TextColumn("{task.fields[losses]}", markup=False)
        )

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
        shares += "  ".join(f"{name} {value:.3f}" for name, value in row.get("agreement", {}).items())
        head = f"epoch {row['epoch']}/{self._epochs}  {row['images_per_second']:,.0f} images/s"
        say(f"{head}  {losses}" + (f"  |  {shares}" if shares else ""))
