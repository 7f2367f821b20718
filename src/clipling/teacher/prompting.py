"""The inside of a text tower: texts that begin with vectors instead of words, and gradients to these vectors alone.

A text with M vectors is tokenised behind M stand-ins, a word that is one token each; in the forward pass a hook on the
tower's own token embedding puts the vectors in their place. Positions, masks, pooling and projection stay the tower's
own, so every text tower of open_clip will do, and vectors that are the embeddings of words give what the words give.

Shapes: C texts, M vectors of width W, L tokens, D embedding width.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import checkpoint

from clipling.contracts.errors import InputError
from clipling.teacher.packing import Packing, packed
from clipling.teacher.tokens import Tokenizer, count_tokens
from clipling.tensors import unit

_STAND_IN = "a"
_CHUNK = {"cpu": 1024, "accelerator": 16384}
"""Tokens encoded at once: on a CPU what its caches hold, on a GPU what keeps it busy."""
_KEPT = 8192
"""Tokens, before packing, whose activations wait for the backward pass; those of further texts are computed anew."""


class _TextSide(nn.Module):
    """`encode_text` as a forward, so that what it reads can be exchanged for the time of a call."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> Tensor:
        rows: Tensor = self.model.encode_text(tokens)  # type: ignore[operator]
        return rows


class TextTower:
    """An open_clip model's text tower, opened at its token embeddings of width `token_width`."""

    def __init__(self, model: nn.Module, tokenizer: Tokenizer, context_length: int) -> None:
        """Raises InputError for a tower without token embeddings to open it at."""
        self._side = _TextSide(model)
        self._inner: Any = getattr(model, "text", model)
        self._prefix = "model." if self._inner is model else "model.text."
        self._tokenizer = tokenizer
        self._context_length = context_length
        self.embedding = _token_embedding(self._inner)
        self.token_width = int(self.embedding.weight.shape[1])  # type: ignore[index]
        differ = tokenizer([_STAND_IN])[0] != tokenizer(["photo"])[0]
        self.first = int(differ.int().argmax())
        """Marks before the first word."""

    @property
    def causal(self) -> bool:
        """Whether nothing in this tower sees what follows it."""
        inner = self._inner
        return not hasattr(inner, "config") and inner.attn_mask is not None and getattr(inner, "cls_emb", None) is None

    def tokens(self, texts: Sequence[str], vectors: int) -> Int64[Tensor, "C L"]:
        """Token ids of the texts, each behind `vectors` stand-ins from place `first` on.

        Raises InputError when the context has no room for so many, or the tokenizer does not keep them apart.
        """
        marks = count_tokens(self._tokenizer, "")
        if not 1 <= vectors < self._context_length - marks:
            raise InputError(
                f"{vectors} learned vectors: expected at least 1, and fewer than the {self._context_length - marks} "
                "words that the teacher's context holds"
            )
        before = " ".join([_STAND_IN] * vectors)
        ids: Tensor = self._tokenizer([f"{before} {text}" for text in texts])
        places = ids[:, self.first : self.first + vectors]
        if count_tokens(self._tokenizer, before) != marks + vectors or bool((places != places[:1]).any()):
            raise InputError(
                f"this teacher's tokenizer does not read '{before}' as {vectors} words in one place of every text; "
                "prompts cannot be learned with it"
            )
        return ids

    def lengths(self, tokens: Int64[Tensor, "C L"]) -> Int64[Tensor, " C"]:
        """How many tokens of each text matter to its embedding; all of them, padding too, where the tower reads it."""
        inner, places = self._inner, torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
        if hasattr(inner, "config"):  # Hugging Face: padding is masked
            return (tokens.ne(inner.config.pad_token_id) * places).amax(dim=1)
        pool = getattr(inner, "text_pool_type", None) or getattr(inner, "pool_type", "")
        if self.causal:
            if pool == "argmax":
                return tokens.argmax(dim=1) + 1
            if pool == "eos":
                end = getattr(inner, "text_eos_id", None) or inner.eos_id
                return tokens.eq(end).int().argmax(dim=1) + 1
        return torch.full_like(tokens[:, 0], tokens.shape[1])

    def encode(self, tokens: Int64[Tensor, "C L"], context: Float[Tensor, "M W"]) -> Float[Tensor, "C D"]:
        """Embeddings, not yet unit rows, of tokens whose stand-ins are replaced by `context`."""
        packing = Packing(len(tokens), tokens.shape[1], self.first + len(context))
        with ExitStack() as stack:
            stack.enter_context(_in_place(self.embedding, context, self.first))
            stack.enter_context(_attention(self._inner.transformer, tokens.device))
            if self.causal and packing.saves:
                stack.enter_context(packed(self._inner.transformer, packing))
            rows: Tensor = functional_call(self._side, self._shortened(tokens.shape[1]), (tokens,))
        return rows

    def _shortened(self, length: int) -> dict[str, Tensor]:
        """What a native tower has for every place of its context, for the first `length` places."""
        if hasattr(self._inner, "config") or length == self._context_length:
            return {}
        return {
            f"{self._prefix}positional_embedding": self._inner.positional_embedding[:length],
            f"{self._prefix}attn_mask": self._inner.attn_mask[:length, :length],
        }


def _token_embedding(inner: nn.Module) -> nn.Module:
    own = getattr(inner, "token_embedding", None)
    own = own if own is not None else getattr(inner.transformer, "get_input_embeddings", lambda: None)()
    if not isinstance(own, nn.Module):
        raise InputError(
            f"the text tower {type(inner).__name__} shows no token embeddings; prompts cannot be learned with it"
        )
    return own


@contextmanager
def _in_place(embedding: nn.Module, context: Tensor, first: int) -> Iterator[None]:
    """Let `embedding` answer with `context` at the places from `first` on."""

    def splice(_: nn.Module, __: object, embedded: Tensor) -> Tensor:
        vectors = context.to(embedded.dtype).expand(len(embedded), -1, -1)
        return torch.cat([embedded[:, :first], vectors, embedded[:, first + len(context) :]], dim=1)

    handle = embedding.register_forward_hook(splice)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def _attention(transformer: nn.Module, device: torch.device) -> Iterator[None]:
    """Attention over texts as short as class names, through weights that do not learn."""
    with ExitStack() as stack:
        if device.type == "cpu":  # the backward pass of torch's fused attention takes six times as long here
            stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        for part in transformer.modules():
            if isinstance(part, nn.MultiheadAttention) and part.batch_first:
                stack.callback(part.register_forward_pre_hook(_places_outermost).remove)
        yield


def _places_outermost(_: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Lay the input of self-attention out in memory as `nn.MultiheadAttention` turns it, places before texts.

    Else its projection, as long as the weight asks for no gradient, becomes one product for each place, with a copy of
    the weight for each: as long as everything else together.
    """
    query, key, value, *rest = args
    if query is key and key is value:
        query = key = value = query.transpose(0, 1).contiguous().transpose(0, 1)
    return query, key, value, *rest


class TowerTexts:
    """Texts of one tower as a function of the vectors before them: (M, W) to unit rows (C, D) in float32.

    They are tokenised once, sorted by length and encoded in chunks that are only as long as their longest text needs.
    The caller's autocast decides the precision.
    """

    def __init__(self, tower: TextTower, texts: Sequence[str], vectors: int, device: torch.device) -> None:
        """Raises InputError when the tower cannot take so many vectors."""
        self._tower = tower
        self._shape = (vectors, tower.token_width)
        tokens = tower.tokens(texts, vectors)
        lengths, order = tower.lengths(tokens).sort(stable=True)
        self._back = order.argsort().to(device)
        self._chunks = [
            tokens[order[start:stop], : int(lengths[stop - 1])].to(device)
            for start, stop in _cuts(lengths.tolist(), _CHUNK["cpu" if device.type == "cpu" else "accelerator"])
        ]

    def __call__(self, context: Float[Tensor, "M W"]) -> Float[Tensor, "C D"]:
        if tuple(context.shape) != self._shape:
            raise InputError(f"context of shape {tuple(context.shape)}; expected {self._shape} for these texts")
        rows, kept = [], 0
        for tokens in self._chunks:
            kept += tokens.numel()
            if kept <= _KEPT or not torch.is_grad_enabled():
                rows.append(self._tower.encode(tokens, context))
            else:
                again: Tensor = checkpoint(  # type: ignore[no-untyped-call]
                    self._tower.encode, tokens, context, use_reentrant=False, preserve_rng_state=False
                )
                rows.append(again)
        return unit(torch.cat([part.float() for part in rows]))[self._back]


def _cuts(lengths: Sequence[int], budget: int) -> Iterator[tuple[int, int]]:
    """Ranges of texts, sorted by length, that as many tokens as the longest of them each stay within `budget`."""
    start = 0
    for stop in range(1, len(lengths) + 1):
        if stop == len(lengths) or (stop + 1 - start) * lengths[stop] > budget:
            yield start, stop
            start = stop
