"""The teacher's text tower as `clipling export --text` leaves it: new names without the teacher and its library.

Shapes: C texts, D embedding width.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.conform import conform
from clipling.contracts.errors import InputError
from clipling.deploy.exports.folder import MANIFEST, read_manifest
from clipling.deploy.exports.graph import open_onnx
from clipling.files import read_json
from clipling.tensor_files import require_unit

GRAPH, TOKENIZER = "text.onnx", "tokenizer.json"
_PLACES = ("text", "../exports/text")
"""Where it may lie, seen from the folder of the bundle."""
_PACKAGES = ("onnxruntime", "tokenizers")
_AT_ONCE = 64


def tower_beside(bundle: Path, weights_hash: str) -> Path | None:
    """The text tower, of the teacher with these weights, that lies by the bundle in that folder and can be run here."""
    if any(find_spec(name) is None for name in _PACKAGES):
        return None
    for folder in (bundle / place for place in _PLACES):
        if not (folder / MANIFEST).is_file():
            continue
        teacher = conform(dict[str, Any], read_manifest(folder).get("teacher", {}), f"{folder / MANIFEST}: teacher")
        if teacher.get("weights_hash") == weights_hash:
            return folder
    return None


class ShippedTextTower:
    """A text encoder that takes plain texts, not learned prompts."""

    def __init__(self, folder: Path) -> None:
        """folder: one that `tower_beside` found, and checked."""
        from tokenizers import Tokenizer

        manifest = read_json(folder / MANIFEST)
        try:
            _, self.context_length = conform(tuple[str, int], manifest["input"]["shape"], "input.shape")
            [(_, self.width)] = conform(dict[str, tuple[str, int]], manifest.get("outputs"), "outputs").values()
            self._tokenizer, self._uncut = (Tokenizer.from_file(str(folder / TOKENIZER)) for _ in range(2))
        except Exception as error:  # tokenizers raises nothing more special
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"{folder}: no text tower that can be read ({reason}); export it again") from error
        self._graph = folder / GRAPH
        self._run = open_onnx(self._graph)
        self._uncut.no_truncation()
        self._uncut.no_padding()

    def encode_text(self, texts: Sequence[str]) -> Float[Tensor, "C D"]:
        """float32 unit rows, on the CPU."""
        from clipling.deploy.exports.tokens import token_ids

        ids = token_ids(self._tokenizer, texts)
        rows = torch.cat(
            [torch.from_numpy(self._run(ids[at : at + _AT_ONCE])[0]) for at in range(0, len(ids), _AT_ONCE)]
        )
        require_unit(rows, str(self._graph))
        return rows

    def tokens(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """What is read of each text; texts of equal tokens have equal features."""
        from clipling.deploy.exports.tokens import token_ids

        return [tuple(row) for row in token_ids(self._tokenizer, texts).tolist()]

    def truncated(self, texts: Sequence[str], *, vectors: int = 0) -> list[bool]:
        """For each text behind so many vectors, whether it exceeds the context, so that its end is not read."""
        return [len(encoding.ids) + vectors > self.context_length for encoding in self._uncut.encode_batch(list(texts))]
