"""The teacher's text tower by itself: an ONNX graph and its tokenizer, so that new names need no training library.

    text/  text.onnx  tokenizer.json  manifest.json

Shapes: C texts, L tokens, D embedding width.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from clipling.contracts.errors import InputError
from clipling.deploy.bundle import Bundle
from clipling.deploy.exports.folder import export_folder
from clipling.deploy.exports.graph import open_onnx, require_exporter, write_onnx
from clipling.deploy.exports.parity import TOLERANCE, Parity
from clipling.deploy.exports.tokens import plain_tokenizer, token_ids
from clipling.deploy.tower import GRAPH, TOKENIZER
from clipling.files import write_text
from clipling.language.templates import filled, templates_of
from clipling.teacher.tower import Teacher
from clipling.tensors import unit

TOKENS, EMBEDDING = "tokens", "text_embeds"
_AT_ONCE = 64


class _TextRows(nn.Module):
    """From tokens to unit rows."""

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        self.model = teacher.model

    def forward(self, tokens: Int64[Tensor, "C L"]) -> Float[Tensor, "C D"]:
        return unit(self.model.encode_text(tokens).float())  # type: ignore[operator]


def export_text(bundle: Bundle, teacher: Teacher, out: Path) -> dict[str, Any]:
    """Write the text tower of `teacher`, which trained the student of `bundle`, to the folder `out`.

    Returns the manifest. Raises InputError for a bundle whose classes are no plain texts, a teacher of other weights, a
    tokenizer that needs Python, and where rows for the bundle's texts differ from the teacher's.
    """
    require_exporter()
    _refuse(bundle, teacher)
    texts = example_texts(bundle)
    tokenizer = plain_tokenizer(teacher.tokenizer, texts)
    manifest: dict[str, Any] = {
        "what": f"text tower of {teacher.id}",
        "format": "onnx",
        "precision": "fp32",
        "input": {"name": TOKENS, "dtype": "int64", "shape": ["batch", teacher.context_length]},
        "outputs": {EMBEDDING: ["batch", teacher.width]},
        "templates": [filled(one, "{}") for one in templates_of(bundle.config.template)],
        "temperature": bundle.config.temperature,
        "teacher": bundle.config.teacher,
    }
    with export_folder(out, manifest) as folder:
        write_text(folder / TOKENIZER, tokenizer.to_str())
        example = torch.from_numpy(token_ids(tokenizer, ["a", "b"]))
        write_onnx(_TextRows(teacher), example, folder / GRAPH, inputs=[TOKENS], outputs=[EMBEDDING])
        parity = Parity.between(teacher.encode_text(texts).cpu(), _rows(folder / GRAPH, tokenizer, texts), bundle.text)
        parity.require(TOLERANCE["fp32"], "the text tower")
        manifest["parity"] = parity.as_json()
    return manifest


def example_texts(bundle: Bundle) -> list[str]:
    """Texts on which a tokenizer is tried: those of the bundle's classes, or where it has none a few of their kind."""
    if bundle.classes:
        return list(dict.fromkeys(one.text for one in bundle.classes))
    return [filled(templates_of(bundle.config.template)[0], name) for name in ("cat", "fire engine", "2 trees")]


def _refuse(bundle: Bundle, teacher: Teacher) -> None:
    if bundle.prompt is not None or not bundle.config.template:
        why = "learned vectors stand before its names" if bundle.prompt is not None else "its set of classes is closed"
        raise InputError(
            f"the bundle's classes are no plain texts ({why}), so a text tower alone cannot make rows for new names"
        )
    if teacher.weights_hash != bundle.config.teacher["weights_hash"]:
        raise InputError(
            f"'{teacher.id}' has other weights than the teacher of this student ({bundle.config.teacher['id']}); its "
            "texts would lie in another space"
        )


def _rows(graph: Path, tokenizer: Any, texts: Sequence[str]) -> Float[Tensor, "C D"]:
    run, ids = open_onnx(graph), token_ids(tokenizer, texts)
    return torch.cat([torch.from_numpy(run(ids[at : at + _AT_ONCE])[0]) for at in range(0, len(ids), _AT_ONCE)])
