"""`descriptions.jsonl`: of each class its text, the model that said it, what the model was asked, and the date."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from clipling.contracts.errors import InputError
from clipling.files import hash_strings, read_jsonl, write_jsonl
from clipling.language.journal import Answer


class Origin(NamedTuple):
    """Whose words descriptions are: the model, and what it was asked, with {name} for the class."""

    model: str
    prompt: str

    def journal(self, path: Path) -> Path:
        """Where the answers lie until the file `path` is complete; each origin has its own."""
        return path.with_name(f".{path.name}.{hash_strings(self)[:8]}.journal")


def read_known(path: Path, origin: Origin, *, overwrite: bool) -> dict[str, Answer]:
    """The descriptions of that origin in a file, none where there is no file.

    Raises InputError when it holds others, unless they may be overwritten.
    """
    rows: list[dict[str, Any]] = read_jsonl(path) if path.exists() else []
    others = [row for row in rows if not isinstance(row, dict) or (row.get("model"), row.get("prompt")) != origin]
    if others and not overwrite:
        found = others[0] if isinstance(others[0], dict) else {}
        raise InputError(
            f"{path}: holds descriptions by '{found.get('model')}' to the instruction '{found.get('prompt')}', not by "
            f"'{origin.model}' to '{origin.prompt}'; --overwrite replaces them, --out FILE keeps both"
        )
    return {row["class"]: Answer(row["text"], row.get("date", "")) for row in rows if row not in others}


def write_descriptions(path: Path, texts: Mapping[str, Answer], origin: Origin) -> None:
    """Write descriptions of one origin, sorted by class, in one piece."""
    write_jsonl(
        path,
        (
            {"class": label, "text": texts[label].text, **origin._asdict(), "date": texts[label].date}
            for label in sorted(texts)
        ),
    )
