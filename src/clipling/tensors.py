"""Unit rows, their cosines, and the nearest rows without the whole matrix: the arithmetic every room shares.

Shapes: N and M rows, D embedding width, k neighbours. Everything is computed in float32 at least: half precision is
widened first, float64 stays as it is, and an autocast around the call changes nothing.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from clipling.contracts.errors import InputError

HELD = 1 << 26
"""Cosines in memory at once: 256 MB in float32. Smaller blocks make the product itself slower."""
_GROUP = 128  # columns of which only the largest is looked at first


class TopK(NamedTuple):
    """The k largest cosines of each row, largest first, and the rows of the other side they belong to."""

    values: Float[Tensor, "N k"]
    indices: Int[Tensor, "N k"]


def usable_device(name: torch.device | str) -> torch.device:
    """The device of that name. Raises InputError when torch knows none, or cannot use it here."""
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"device '{name}' cannot be used here ({reason}); try 'cpu'") from error
    return device


def precise(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The same numbers in float32 at least; float32 and float64 tensors are returned as they are."""
    return x if x.dtype == torch.float64 else x.float()


def unit(x: Float[Tensor, "*rows D"]) -> Float[Tensor, "*rows D"]:
    """Every row divided by its length, in float32 at least.

    A row of zeros has no direction and stays zero, with a finite gradient. NaN and infinity are passed on.
    """
    x = precise(x)
    length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x / torch.where(length == 0, torch.ones_like(length), length)


def cosine(a: Float[Tensor, "N D"], b: Float[Tensor, "M D"]) -> Float[Tensor, "N M"]:
    """The cosine of every row of `a` with every row of `b`, in [-1, 1], in float32 at least.

    Both have unit rows (see `unit`): nothing is normalised here, so that no gradient is altered on the way.
    Raises InputError when the widths differ.
    """
    if a.shape[-1] != b.shape[-1]:
        raise InputError(f"embeddings of width {a.shape[-1]} and {b.shape[-1]} cannot be compared; give both one width")
    dtype = torch.float64 if torch.float64 in (a.dtype, b.dtype) else torch.float32
    with torch.autocast(a.device.type, enabled=False):  # it would take the product back to half precision
        return a.to(dtype) @ b.to(dtype).T


def topk_blocked(
    a: Float[Tensor, "N D"], b: Float[Tensor, "M D"], k: int, *, exclude_self: bool = False, block: int = HELD
) -> TopK:
    """The k rows of `b` nearest to each row of `a` by cosine, nearest first; among equal cosines the lower index wins.

    Both have unit, finite rows. At most `block` cosines (or one row of them) are held at once, never N x M.
    `exclude_self` leaves out the row of the same index, for neighbours within one set. No gradient is kept.
    Raises InputError when k is below 1 or there are fewer than k rows to choose from.
    """
    available = len(b) - int(exclude_self)
    if not 1 <= k <= available:
        raise InputError(f"k is {k}, expected 1 to {available} (the rows to choose from); give another k or more rows")
    rows = max(1, block // len(b))
    with torch.no_grad():
        b = precise(b)
        parts = [
            _topk_of_rows(a[start : start + rows], b, k, start if exclude_self else None)
            for start in range(0, len(a) or 1, rows)
        ]
    return TopK(torch.cat([part.values for part in parts]), torch.cat([part.indices for part in parts]))


def _topk_of_rows(a: Tensor, b: Tensor, k: int, first: int | None) -> TopK:
    """`topk_blocked` of one block; row i of `a` is row `first` + i of `b` and left out, unless `first` is None."""
    cosines = cosine(a, b)
    if first is not None:
        own = torch.arange(len(a), device=a.device)
        cosines[own, first + own] = -torch.inf
    indices = _largest(cosines, k).sort(dim=1).values
    values, order = cosines.gather(1, indices).sort(dim=1, descending=True, stable=True)
    return TopK(values, indices.gather(1, order))


def _largest(cosines: Tensor, k: int) -> Tensor:
    """Indices (N, k), in any order, of the k largest of each row: of those equal to the k-th, the lowest indices.

    Whoever is among the k largest stands in one of the k groups of columns with the largest maxima, of equal ones the
    first: a group further back is beaten by k columns. One pass for the maxima costs far less than a choice among all.
    """
    columns = cosines.shape[1]
    whole = columns // _GROUP
    if whole <= 2 * k:
        return _largest_of_few(cosines, k)
    rest = cosines[:, whole * _GROUP :]
    maxima = cosines[:, : whole * _GROUP].view(len(cosines), whole, _GROUP).amax(dim=2)
    if rest.shape[1]:
        maxima = torch.cat([maxima, rest.amax(dim=1, keepdim=True)], dim=1)
    groups = _largest(maxima, k).sort(dim=1).values
    members = (groups[:, :, None] * _GROUP + torch.arange(_GROUP, device=cosines.device)).flatten(1)
    candidates = cosines.gather(1, members.clamp(max=columns - 1)).masked_fill(members >= columns, -torch.inf)
    return members.gather(1, _largest_of_few(candidates, k))


def _largest_of_few(cosines: Tensor, k: int) -> Tensor:
    """`_largest` without groups.

    `torch.topk` is free in which of several equal ones it takes; only rows where that matters are chosen again.
    """
    values, indices = cosines.topk(k, dim=1)
    last = values[:, -1:]
    ambiguous = ((cosines >= last).sum(dim=1) > k).nonzero().flatten()
    if len(ambiguous):
        contested, last = cosines[ambiguous], last[ambiguous]
        above, level = contested > last, contested == last
        seats = k - above.sum(dim=1, keepdim=True)
        chosen = above | (level & (level.cumsum(dim=1, dtype=torch.int32) <= seats))
        indices[ambiguous] = chosen.nonzero()[:, 1].view(-1, k)
    return indices
