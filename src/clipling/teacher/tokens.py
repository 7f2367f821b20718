"""How many tokens a text takes when nothing is cut off.

open_clip's tokenizers cut silently at the context length. Counting has to look inside them: SigLIP's pads with its
end token, so the length cannot be told from what comes out.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

Tokenizer = Callable[[list[str]], Any]
CLIP_CONTEXT = 77
"""Tokens that CLIP's own text towers read."""


@runtime_checkable
class Truncated(Protocol):
    """For each text behind so many vectors, whether it exceeds a context."""

    def __call__(self, texts: Sequence[str], *, vectors: int = 0) -> list[bool]: ...


def clip_truncated() -> Truncated:
    """The same for CLIP's own tokenizer and context, where no teacher is at hand."""
    from open_clip.tokenizer import SimpleTokenizer

    tokenizer = SimpleTokenizer()

    def truncated(texts: Sequence[str], *, vectors: int = 0) -> list[bool]:
        return [count_tokens(tokenizer, text) + vectors > CLIP_CONTEXT for text in texts]

    return truncated


def count_tokens(tokenizer: Tokenizer, text: str) -> int:
    """Tokens of `text` with its start and end marks, by any of open_clip's tokenizers."""
    wrapped = getattr(tokenizer, "tokenizer", None)
    if wrapped is None:
        return len(tokenizer.encode(text)) + 2  # type: ignore[attr-defined]  # the byte-pair tokenizer of CLIP itself
    clean = getattr(tokenizer, "clean_fn", None) or _siglip_clean
    marked_by_open_clip = getattr(tokenizer, "tokenizer_mode", "") == "clips"
    ids = wrapped(clean(text), add_special_tokens=not marked_by_open_clip, verbose=False).input_ids
    return len(ids) + 3 * marked_by_open_clip


def _siglip_clean(text: str) -> str:
    from open_clip.tokenizer import basic_clean, canonicalize_text

    return str(canonicalize_text(basic_clean(text)))
