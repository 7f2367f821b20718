"""Ask a student what images show."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from inspect import signature
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from clipling.contracts.errors import InputError, refuse_outside, require, unknown
from clipling.contracts.limits import WORKERS
from clipling.data.listed import read_names, require_names
from clipling.workflows.answers.image_files import ImageFiles
from clipling.workflows.answers.lines import Format, lines
from clipling.workflows.console import alike_said, say
from clipling.workflows.listed import listed

if TYPE_CHECKING:
    from clipling.deploy.stream import Answer
    from clipling.deploy.student import Student


@dataclass(frozen=True)
class Predicted:
    """How many images were named, and how many of them could not be read."""

    images: int
    unreadable: int

    @property
    def exit_status(self) -> int:
        """1 when some could not."""
        return 1 if self.unreadable else 0


def predict(
    bundle: Path | str,
    images: Annotated[Sequence[str | Path], Parameter(allow_leading_hyphen=True)],  # for the name -
    /,
    *,
    labels: str | None = None,
    labels_file: Path | str | None = None,
    bank: Path | str | None = None,
    template: str | None = None,
    teacher: str | None = None,
    top: int = 5,
    format: Format = "table",
    threshold: float | Literal["calibrated"] | None = None,
    batch_size: int = 32,
    workers: int | None = None,
    device: str = "cpu",
) -> Predicted:
    """Say what images show, among any class names; answers go to standard output, one after the other.

    Parameters
    ----------
    bundle
        A bundle, or the folder of a finished run.
    images
        Files, folders (read at any depth), patterns such as '**/*.jpg', or - for paths on standard input.
    labels
        Class names to choose among, separated by commas; by default those of the bank, else all of the bundle.
    labels_file
        A file with one class name a line.
    bank
        A file of `clipling textbank`, whose names need no teacher.
    template
        Text of a class, {} standing for its name, or a set of templates; by default the bank's, else the training's.
    teacher
        Where the teacher is, should a name need its text tower: as in local-dir:PATH; by default where it was.
    top
        Classes to show for an image.
    format
        A table to read, or JSON lines or CSV for programs.
    threshold
        Say "none of these" where the nearest class has a smaller cosine: a number, or `calibrated`, the bundle's own.
    batch_size
        Images encoded at once.
    workers
        Threads that decode images; by default one per processor.
    device
        Where it runs, such as cpu or cuda.

    """
    files = [os.fspath(name) for name in listed(images)]
    if not files:
        raise InputError("no image was named; give files, folders, patterns, or - for paths on standard input")
    if odd := [name for name in files if name.startswith("-") and name != "-"]:
        options = (f"--{name.replace('_', '-')}" for name in list(signature(predict).parameters)[2:])
        raise InputError(f"{unknown('option', odd[0], options)}; a file of that name is given as ./{odd[0]}")
    refuse_outside(top=(top, 1, inf), batch_size=(batch_size, 1, inf), workers=(workers, 1, WORKERS))
    possible = not isinstance(threshold, float) or -1 <= threshold <= 1
    require(possible, "threshold", threshold, "a cosine from -1 to 1, or calibrated")
    names = _names(labels, labels_file)
    from clipling.deploy.stream import answers  # torch loads here, not for --help
    from clipling.deploy.student import Student

    student = Student.load(bundle, device=device, batch_size=batch_size, teacher=teacher, bank=bank)
    if names or (template and student.classes):
        with alike_said():
            student.set_classes(names or student.classes, template)
    student.require_classes()
    found = ImageFiles(files)
    said = answers(student, found, k=top, threshold=threshold, batch_size=batch_size, workers=workers)
    if threshold == "calibrated":
        _explain(student)
    told = _print(lines(said, student.classes, format))
    if found.passed_over:
        say(found.passed_over)
    return told


def _names(labels: str | None, labels_file: Path | str | None) -> list[str]:
    if labels is not None and labels_file is not None:
        raise InputError("--labels and --labels-file both say what to choose among; give one of them")
    if labels_file is not None:
        return read_names(Path(labels_file))
    if labels is not None:
        return require_names((name.strip() for name in labels.split(",") if name.strip()), "--labels")
    return []


def _explain(student: "Student") -> None:
    """What the calibrated threshold did where it was chosen, and what to expect of it with this list."""
    chosen, labels = student.threshold, len(student.classes)
    if chosen is None:
        return
    seen = chosen.seen
    effect = {
        -1: f"; with your {labels}, more of both are turned away",
        0: "",
        1: f"; with your {labels}, more of both are let through",
    }[(labels > seen.labels) - (labels < seen.labels)]
    say(
        f"none of these: cosines below {chosen.cosine:.3f}. With {seen.labels} seen classes on the list it kept "
        f"{seen.known_kept:.1%} of their images and turned away {seen.unknown_rejected:.1%} of other images{effect}"
    )


def _print(said: "Iterable[tuple[Answer, str]]") -> Predicted:
    images = unreadable = 0
    try:
        for answer, text in said:
            images += 1
            if answer.error is not None:
                unreadable += 1
                say(f"{answer.file}: {answer.error}")
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read the answers has had enough; what is left in the buffer goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if unreadable:
        say(f"{unreadable} of {images} images could not be read")
    return Predicted(images, unreadable)
