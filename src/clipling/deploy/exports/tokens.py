"""An open_clip tokenizer as one `tokenizer.json`, which the small package `tokenizers` reads by itself.

Shapes: C texts, L tokens.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from clipling.contracts.errors import InputError

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"
_PROBES = ("two  spaces ", "UPPER case", "it's 1,234 birds!", "crème brûlée", "鹤", "", "word " * 100)
"""Texts at which tokenizers differ."""


def plain_tokenizer(tokenizer: Any, texts: Sequence[str]) -> Tokenizer:
    """The tokenizer of an open_clip model by itself: what it cuts, cleans and pads to is inside.

    texts: some that it will be asked for; it gives the tokens of open_clip for them and for a few odd ones. Raises
    InputError where it does not.
    """
    wrapped = getattr(tokenizer, "tokenizer", None)
    plain = _of_clip(tokenizer) if wrapped is None else _of_hugging_face(tokenizer)
    for text in (*texts, *_PROBES):
        if plain.encode(text).ids != tokenizer([text])[0].tolist():
            raise InputError(
                f"the teacher's tokenizer ({type(tokenizer).__name__}) cannot be written as a tokenizer.json: for "
                f"'{text[:60]}' other tokens would come out. Make the rows of new names beforehand, with the teacher"
            )
    return plain


def token_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """(C, L) whole numbers."""
    return np.array([encoding.ids for encoding in tokenizer.encode_batch(list(texts))], np.int64)


def _of_clip(tokenizer: Any) -> Tokenizer:
    """CLIP's own byte pairs: words end in </w>, the text is lower case, and zeros fill the context."""
    start, end = (tokenizer.decoder[number] for number in (tokenizer.sot_token_id, tokenizer.eot_token_id))
    pairs = sorted(tokenizer.bpe_ranks, key=tokenizer.bpe_ranks.get)
    plain = Tokenizer(models.BPE(vocab=tokenizer.encoder, merges=pairs, end_of_word_suffix="</w>"))
    plain.normalizer = normalizers.Sequence([*_one_space(), normalizers.Lowercase()])
    plain.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    plain.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, tokenizer.sot_token_id), (end, tokenizer.eot_token_id)],
    )
    _fill(plain, tokenizer.context_length, 0, "")
    return plain


def _of_hugging_face(tokenizer: Any) -> Tokenizer:
    wrapped = tokenizer.tokenizer
    if not getattr(wrapped, "is_fast", False):
        raise InputError(
            f"the teacher's tokenizer ({type(wrapped).__name__}) has no tokenizer.json; it stays in Python"
        )
    plain = Tokenizer.from_str(wrapped.backend_tokenizer.to_str())
    own = [plain.normalizer] if plain.normalizer else []
    plain.normalizer = normalizers.Sequence([*_one_space(), *own])
    _fill(plain, tokenizer.context_length, wrapped.pad_token_id, wrapped.pad_token)
    return plain


def _one_space() -> list[Any]:
    return [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]


def _fill(plain: Tokenizer, length: int, pad_id: int, pad_token: str) -> None:
    plain.enable_truncation(length)
    plain.enable_padding(length=length, pad_id=pad_id, pad_token=pad_token)
