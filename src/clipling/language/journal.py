"""Every answer of a model on disk before anything is done with it: what was paid for is never asked twice.

Each line is one answer. Lines are only ever appended; half a line, left by a kill, is dropped when the journal is
opened again.
"""

import json
import os
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import NamedTuple

from clipling.contracts.conform import conform
from clipling.contracts.documents import parse_json
from clipling.contracts.errors import InputError
from clipling.contracts.system import disk_trouble_named
from clipling.files import read_text, write_text

_FIELDS = ("about", "question", "text", "date", "whole")


class Answer(NamedTuple):
    """What a model said, the day it did, and whether it came to its end."""

    text: str
    date: str
    whole: bool = True


class Journal:
    """The answers to questions about classes or images, in the order they came. A context; threads may add to it."""

    def __init__(self, path: Path) -> None:
        """Open, or begin, the journal at `path`. Raises InputError when it is damaged."""
        self._path = path
        self._lock = Lock()
        self._answers = defaultdict[tuple[str, str], list[Answer]](list)
        lines = read_text(path).split("\n")[:-1] if path.exists() else []  # after the last line end is half a line
        for number, line in enumerate(lines, 1):
            try:
                row = parse_json(line)
                answer = conform(tuple[str, str, str, str, bool], [row[key] for key in _FIELDS], "the answer")
            except (ValueError, TypeError, KeyError, InputError):
                raise InputError(
                    f"{path}: line {number} is damaged; remove that line, and what it answered is asked again"
                ) from None
            self._answers[answer[0], answer[1]].append(Answer(*answer[2:]))
        write_text(path, "".join(f"{line}\n" for line in lines))
        self._stream = path.open("a", encoding="ascii")

    @property
    def subjects(self) -> list[str]:
        """What anything was answered about."""
        return list(dict.fromkeys(about for about, _ in self._answers))

    def answers(self, about: str, question: str) -> list[Answer]:
        """What was answered so far to that question about a class or an image."""
        return list(self._answers.get((about, question), ()))

    def add(self, about: str, question: str, text: str, *, whole: bool = True) -> Answer:
        """Keep an answer; it is on the disk when this returns."""
        answer = Answer(text, today(), whole)
        row = {"about": about, "question": question, **answer._asdict()}
        with self._lock, disk_trouble_named(self._path):
            self._stream.write(json.dumps(row) + "\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._answers[about, question].append(answer)
        return answer

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if not self._answers:
            self._path.unlink()


def today() -> str:
    """The date in UTC, as in descriptions.jsonl."""
    return datetime.now(timezone.utc).date().isoformat()
