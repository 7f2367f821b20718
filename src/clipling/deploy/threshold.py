"""The cosine below which an image shows "none of these", chosen on seen classes alone.

Half of the seen classes is taken off the list and plays what no list names; then the other half. An image is kept when
its nearest text on the list is at least as near as the limit. A cosine, and no probability: probabilities sum to one
over any list, however wrong all of it is, and shrink as the list grows.

On a longer list an image's nearest text can only be nearer: more known images are kept and fewer unknown ones told
apart than the figures say, and the reverse on a shorter one. So the length of the lists belongs to the figures.

Shapes: N images, C classes, D embedding width.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.conform import from_values
from clipling.contracts.errors import InputError, require
from clipling.evaluation.shots import halves
from clipling.evaluation.zero_shot import ZeroShotTask
from clipling.tensors import topk_blocked

NONE_OF_THESE = "none_of_these"
"""Its name in results.json."""
KEPT = 0.95
"""The share of known images that the limit is to keep."""


@dataclass(frozen=True)
class Shares:
    """What a limit does to images, `known` ones of classes on the list and `unknown` ones of other classes.

    labels: how many classes the list had. known_kept, unknown_rejected: shares in [0, 1] of the images of either kind.
    """

    labels: int
    known_kept: float
    unknown_rejected: float


@dataclass(frozen=True)
class Threshold:
    """A limit, and what it did where it was measured.

    cosine: an image whose nearest text is further than this shows none of the classes. seen: with one half of the seen
    classes hidden, then the other, each half judged by the limit that the other one chose. unseen: a report only, on
    images of the unseen classes, with all seen classes on the list.
    """

    cosine: float
    seen: Shares
    unseen: Shares | None = None

    def as_json(self) -> dict[str, Any]:
        """The entry `none_of_these` of results.json."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def of_results(cls, results: Mapping[str, Any] | None) -> "Threshold | None":
        """The threshold in the results of a bundle, or None where there is none. Raises InputError for another form."""
        entry = (results or {}).get(NONE_OF_THESE)
        if entry is None:
            return None
        try:
            found = from_values(cls, entry, NONE_OF_THESE)
            require(-1 <= found.cosine <= 1, f"{NONE_OF_THESE}.cosine", found.cosine, "a cosine from -1 to 1")
        except InputError as error:
            wanted = "expected a cosine and the shares of images it keeps and rejects; copy the bundle again"
            raise InputError(f"results of the bundle: {error}; {wanted}") from None
        return found


def threshold_of(
    task: ZeroShotTask, id_features: Float[Tensor, "N_id D"], ood_features: Float[Tensor, "N_ood D"], *, seed: int
) -> Threshold | None:
    """The limit that keeps 95 % of the id images, with its figures; None for too few of them to tell.

    seed: decides which classes make the two halves. The unseen classes decide nothing.
    """
    if len(task.seen) < 2:
        return None
    folds = list[tuple[Tensor, Tensor]]()  # the nearest text of known and of unknown images, with half of the list
    for half in halves(task.seen, seed=seed):
        listed = torch.tensor([task.seen.index(name) for name in half])
        cosines, known = nearest(id_features, task.seen_text[listed]), torch.isin(task.id_labels, listed)
        folds.append((cosines[known], cosines[~known]))
    if min(len(known) for known, _ in folds) < 1 / (1 - KEPT):
        return None
    limit = _limit(torch.cat([known for known, _ in folds]))
    others = [_limit(known) for known, _ in reversed(folds)]
    kept = torch.cat([known >= other for (known, _), other in zip(folds, others, strict=True)])
    rejected = torch.cat([unknown < other for (_, unknown), other in zip(folds, others, strict=True)])
    unseen = None
    if len(ood_features):
        both = (nearest(features, task.seen_text) for features in (id_features, ood_features))
        unseen = _shares(len(task.seen), next(both) >= limit, next(both) < limit)
    return Threshold(limit, _shares(len(task.seen) // 2, kept, rejected), unseen)


def nearest(features: Float[Tensor, "N D"], text: Float[Tensor, "C D"]) -> Float[Tensor, " N"]:
    """The largest cosine of each image with any of the texts."""
    return topk_blocked(features, text, 1).values[:, 0]


def _limit(cosines: Float[Tensor, " N"]) -> float:
    """The largest cosine that at least the share KEPT of these reach."""
    ranked = cosines.sort(descending=True).values
    return float(ranked[ceil(KEPT * len(ranked)) - 1])


def _shares(labels: int, kept: Tensor, rejected: Tensor) -> Shares:
    return Shares(labels, float(kept.float().mean()), float(rejected.float().mean()))
