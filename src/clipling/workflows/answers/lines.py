"""Answers as lines of text, one kind of line for each format."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from clipling.plain import acts, visible
from clipling.workflows.console import speaks_utf8

if TYPE_CHECKING:
    from clipling.deploy.stream import Answer

Format = Literal["table", "jsonl", "csv"]
NONE = "none of these"
_WIDEST = 40
_DIGITS = 6


def lines(answers: "Iterator[Answer]", labels: Sequence[str], form: Format) -> Iterator[tuple["Answer", str]]:
    """Each answer with its lines, which end in a line break; of the first one the header, where the format has one.

    table: a line for each class that was considered, the image last. jsonl: an object for each image, with
    `predictions` or `error`. csv: a row for each class of an image, or one with `none of these` or an error. What acts
    unseen in a name is written out; JSON does it so that programs read the name as it is.
    """
    header, said = _FORMATS[form](labels)
    for answer in answers:
        yield answer, header + said(answer)
        header = ""


_Said = tuple[str, Callable[["Answer"], str]]


def _table(labels: Sequence[str]) -> _Said:
    width = min(_WIDEST, max(map(len, [*map(visible, labels), NONE])))

    def said(answer: "Answer") -> str:
        if answer.error is not None:
            return ""  # it stands on stderr
        rows = [(one.label, f"{one.probability:.1%}") for one in answer.predictions] or [(NONE, "")]
        images = [visible(answer.file)] + [""] * (len(rows) - 1)
        return "".join(
            f"{_shortened(visible(label), width):<{width}}  {share:>6}  {image}".rstrip() + "\n"
            for (label, share), image in zip(rows, images, strict=True)
        )

    return f"{'class':<{width}}  {'share':>6}  image\n{'-' * width}  {'-' * 6}  {'-' * 5}\n", said


def _jsonl(_: Sequence[str]) -> _Said:
    only_ascii = not speaks_utf8()

    def said(answer: "Answer") -> str:
        row: dict[str, Any] = {"file": _as_text(answer.file)}
        if answer.error is not None:
            row["error"] = answer.error
        else:
            row["cosine"] = _rounded(answer.cosine)
            row["predictions"] = [
                {"label": one.label, "probability": _rounded(one.probability)} for one in answer.predictions
            ]
        written = json.dumps(row, ensure_ascii=only_ascii)
        return "".join(json.dumps(one)[1:-1] if acts(one) else one for one in written) + "\n"

    return "", said


def _csv(_: Sequence[str]) -> _Said:
    def said(answer: "Answer") -> str:
        file, cosine = visible(answer.file), _rounded(answer.cosine)
        if answer.error is not None:
            return _row(file, "", "", "", "", visible(answer.error))
        if not answer.predictions:
            return _row(file, "", NONE, "", cosine, "")
        return "".join(
            _row(file, rank, visible(one.label), _rounded(one.probability), cosine, "")
            for rank, one in enumerate(answer.predictions, 1)
        )

    return _row("file", "rank", "label", "probability", "cosine", "error"), said


_FORMATS: dict[Format, Callable[[Sequence[str]], _Said]] = {"table": _table, "jsonl": _jsonl, "csv": _csv}


def _row(*cells: object) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _as_text(file: str) -> str:
    """The name of a file, also one that is no UTF-8."""
    return file.encode("utf-8", "backslashreplace").decode()


def _shortened(label: str, width: int) -> str:
    return label if len(label) <= width else label[: width - 1] + "…"
