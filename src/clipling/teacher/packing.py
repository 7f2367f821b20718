"""Texts that begin alike, side by side in one sequence, so that what they share is computed once for many of them.

Where nothing sees what follows it (a causal mask), the beginning is the same for every text that has it. In a pack,
`b b b 1 1 2 2 3 3`, each ending sees the beginning and itself, as it would alone: the result is that of the texts one
by one, up to rounding. Positions are not looked at; they must be added to the texts before.

Shapes: C texts of L places, the first S of them shared, E = L - S those of an ending; P packs of K texts, Q = S + K E
places each; W width.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad

_PLACES = 64
"""Places of a pack: the more, the less is computed twice, and the more places each one is compared with in vain."""


@dataclass(frozen=True)
class Packing:
    """How C texts of L places, S of them shared, lie in packs of K."""

    texts: int
    length: int
    shared: int

    @property
    def packs(self) -> int:
        """P: as many as the texts need."""
        room = max(1, (_PLACES - self.shared) // (self.length - self.shared))
        return -(-self.texts // room)

    @property
    def together(self) -> int:
        """K: every pack has as many texts, but the last, which is filled up."""
        return -(-self.texts // self.packs)

    @property
    def saves(self) -> bool:
        """Whether fewer places are computed than one by one."""
        ending = self.length - self.shared
        return self.packs * (self.shared + self.together * ending) < self.texts * self.length

    def pack(self, rows: Float[Tensor, "C L W"]) -> Float[Tensor, "P Q W"]:
        """The texts side by side, behind the beginning of the first of each pack."""
        missing = self.packs * self.together - self.texts
        endings = pad(rows[:, self.shared :], (0, 0, 0, 0, 0, missing)).reshape(self.packs, -1, rows.shape[2])
        return torch.cat([rows[:: self.together, : self.shared], endings], dim=1)

    def unpack(self, rows: Float[Tensor, "P Q W"]) -> Float[Tensor, "C L W"]:
        """The texts one by one again."""
        beginnings = rows[:, : self.shared].repeat_interleave(self.together, dim=0)
        endings = rows[:, self.shared :].reshape(self.packs * self.together, -1, rows.shape[2])
        return torch.cat([beginnings, endings], dim=1)[: self.texts]

    def mask(self, device: torch.device) -> Float[Tensor, "Q Q"]:
        """What is added to attention: 0 where a place sees another, minus infinity elsewhere."""
        ending = torch.arange(self.together, device=device).repeat_interleave(self.length - self.shared)
        text = pad(ending, (self.shared, 0), value=-1)
        sees = (text == text[:, None]) | (text == -1)
        return torch.zeros(sees.shape, device=device).masked_fill(~sees.tril(), -torch.inf)


@contextmanager
def packed(transformer: nn.Module, packing: Packing) -> Iterator[None]:
    """Let `transformer`, called with texts and the keyword `attn_mask`, work on packs of them instead."""

    def before(_: nn.Module, args: tuple[Tensor], kwargs: dict[str, Any]) -> tuple[tuple[Tensor], dict[str, Any]]:
        return (packing.pack(*args),), {**kwargs, "attn_mask": packing.mask(args[0].device)}

    def after(_: nn.Module, __: object, rows: Tensor) -> Tensor:
        return packing.unpack(rows)

    handles = (
        transformer.register_forward_pre_hook(before, with_kwargs=True),
        transformer.register_forward_hook(after),
    )
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
