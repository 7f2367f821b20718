"""How many tokens a text takes when nothing is cut off.

open_clip's tokenizers cut silently at the context length. Counting has to look inside them: SigLIP's pads with its
end token, so the length cannot be told from what comes out.
"""

from collections.abc import Callable
from typing import Any

Tokenizer = Callable[[list[str]], Any]


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
