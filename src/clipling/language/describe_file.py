"""`descriptions.jsonl`: of each class its text, the model that said it, what the model was asked, and the date."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from clipling.contracts.errors import InputError
from clipling.files import hash_strings, write_jsonl
from clipling.language.journal import Answer

Rows = dict[str, dict[str, Any]]
"""Rows of descriptions.jsonl by their class."""


class Origin(NamedTuple):
    """Whose words descriptions are: the model, and what it was asked, with {name} for the class."""

    model: str
    prompt: str

    @classmethod
    def of_model(cls, model: str, prompt: str) -> "Origin":
        """model: a name, or a local folder, of which the last part counts."""
        return cls(Path(os.path.abspath(model)).name if Path(model).exists() else model, prompt)  # noqa: PTH100

    def journal(self, path: Path) -> Path:
        """Where the answers lie until the file `path` is complete; each origin has its own."""
        return path.with_name(f".{path.name}.{hash_strings(self)[:8]}.journal")


def known_answers(rows: Rows, path: Path, origin: Origin, *, overwrite: bool) -> dict[str, Answer]:
    """The descriptions of that origin among the rows of a file.

    Raises InputError when it holds others, unless they may be overwritten.
    """
    own = {label: row for label, row in rows.items() if (row.get("model"), row.get("prompt")) == origin}
    others = [row for label, row in rows.items() if label not in own]
    if others and not overwrite:
        raise InputError(
            f"{path}: holds descriptions by '{others[0].get('model')}' to the instruction "
            f"'{others[0].get('prompt')}', not by '{origin.model}' to '{origin.prompt}'; --overwrite replaces them, "
            "--out FILE keeps both"
        )
    return {label: Answer(row["text"], row.get("date", "")) for label, row in own.items()}


def description_row(label: str, answer: Answer, origin: Origin) -> dict[str, Any]:
    """A row of descriptions.jsonl."""
    return {"class": label, "text": answer.text, **origin._asdict(), "date": answer.date}


def write_descriptions(path: Path, rows: Rows) -> None:
    """Write the rows, sorted by class, in one piece."""
    write_jsonl(path, (rows[label] for label in sorted(rows)))
