"""A text bank: embeddings of many names, made once by a teacher's text tower and used without it ever after.

One safetensors file: `text`, a unit row per name, and in its header the names, the template and whose texts they are.

Shapes: C names, D embedding width.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from clipling.contracts.conform import conform, from_values
from clipling.contracts.documents import parse_json
from clipling.contracts.errors import InputError
from clipling.contracts.names import is_visible, nfc
from clipling.files import write_bytes
from clipling.tensor_files import read_matrix, require_unit

_FORMAT = "clipling text bank 1"


@dataclass(frozen=True)
class TextSource:
    """How rows were made: by which teacher, and in which template or learned prompt.

    teacher, weights_hash: its id, for people, and the SHA-256 of its weights. template: a sentence or the name of a set
    of them, None with a learned prompt. prompt: SHA-256 of the learned vectors, None with a template.
    """

    teacher: str
    weights_hash: str
    template: str | None
    prompt: str | None = None


@dataclass(frozen=True)
class TextBank:
    """Names, each once, with the unit row of each, and how the rows were made."""

    names: tuple[str, ...]
    text: Float[Tensor, "C D"]
    made: TextSource


def write_bank(path: Path, bank: TextBank) -> None:
    """Write the bank to one file, in one piece. Raises InputError for no names or a name that comes twice."""
    _check(bank.names, bank.text, str(path))
    names, made = (json.dumps(value, ensure_ascii=False) for value in (bank.names, vars(bank.made)))
    header = {"format": _FORMAT, "names": names, "made": made}
    write_bytes(path, save({"text": bank.text.float().cpu().contiguous()}, header))


def read_bank(path: Path) -> TextBank:
    """The bank in a file. Raises InputError, naming it, for what is absent, no bank, or does not fit together."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; make a text bank with `clipling textbank`")
    text = read_matrix(path, "text")
    with safe_open(path, "pt") as file:
        header: dict[str, str] = file.metadata() or {}
    if header.get("format") != _FORMAT:
        raise InputError(f"{path}: no text bank, or one of another version; make it with `clipling textbank`")
    try:
        names = tuple(map(nfc, conform(tuple[str, ...], parse_json(header["names"]), "names")))
        made = from_values(TextSource, parse_json(header["made"]), "made")
    except (KeyError, ValueError, InputError) as error:
        raise InputError(f"{path}: the text bank cannot be read ({error}); make or copy it again") from error
    _check(names, text, str(path))
    return TextBank(names, text, made)


def require_of(bank: TextBank, own: TextSource, width: int) -> None:
    """Raise InputError unless the bank's rows lie in the space of a student whose own texts were made as `own` says.

    Another template is another way to ask and will do; another learned prompt is not.
    """
    made = bank.made
    if made.weights_hash != own.weights_hash or bank.text.shape[1] != width:
        raise InputError(
            f"the text bank was made by the teacher '{made.teacher}' (SHA-256 {made.weights_hash[:12]}, "
            f"{bank.text.shape[1]} wide), the student learned from '{own.teacher}' ({own.weights_hash[:12]}, {width} "
            "wide): they do not share a space; make one for this bundle with `clipling textbank`"
        )
    if made.prompt not in (None, own.prompt):
        raise InputError(
            "the text bank was made with a prompt that another student learned; make one for this bundle with "
            "`clipling textbank`, or one of plain words with --template"
        )


def _check(names: Sequence[str], text: Tensor, where: str) -> None:
    if text.ndim != 2 or text.dtype != torch.float32 or len(text) != len(names):
        raise InputError(f"{where}: {len(names)} names, texts of shape {tuple(text.shape)}; expected a row for each")
    if not names or not all(isinstance(name, str) and is_visible(name) for name in names):
        raise InputError(f"{where}: no names, or an empty one; expected at least one name, and none without a letter")
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise InputError(f"{where}: '{name}' comes {times} times; name each class once")
    require_unit(text, where)
