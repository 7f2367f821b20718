"""How good answers about present objects are (Section 7 of arXiv 2307.03135).

Shapes: N observations, C objects asked for.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool
from torch import Tensor


def answers_measured(said: Bool[Tensor, "N C"], present: Bool[Tensor, "N C"]) -> dict[str, float]:
    """`accuracy`, `f1`, `precision` and `recall` of what was said to be present, each in [0, 1].

    accuracy: the share of right answers, yes or no, over all objects asked for. f1: 2 |P and T| / (|P| + |T|) of each
    observation, with P what was said to be there and T what was, averaged over the observations that have any of the
    objects. precision, recall: the share of right ones among all that was said, and among all that was there. A
    measure of nothing, such as the precision of someone who never says yes, is absent.
    """
    both, one_said, one_there = (said & present).sum(1), said.sum(1), present.sum(1)
    scored = one_there > 0
    measured = {"accuracy": (said == present).float().mean()} if said.numel() else {}
    if scored.any():
        measured["f1"] = (2 * both / (one_said + one_there))[scored].mean()
        measured["recall"] = both.sum() / one_there.sum()
    if one_said.any():
        measured["precision"] = both.sum() / one_said.sum()
    return {name: float(value) for name, value in measured.items()}


def without_looking(present: Bool[Tensor, "N C"]) -> dict[str, float]:
    """What the same answer to every question reaches: no, an `accuracy`; yes, an `f1`; absent where of nothing."""
    no, yes = (answers_measured(torch.full_like(present, said), present) for said in (False, True))
    return {name: said[name] for name, said in (("accuracy", no), ("f1", yes)) if name in said}


def by_object(
    said: Bool[Tensor, "N C"], present: Bool[Tensor, "N C"], asked: Sequence[str]
) -> dict[str, dict[str, float]]:
    """By object: the `scenes` it is in, and `accuracy`, `precision` and `recall` of the answers about it."""
    found = {}
    for column, model_id in enumerate(asked):
        one = slice(column, column + 1)
        measured = answers_measured(said[:, one], present[:, one])
        measured.pop("f1", None)  # of one object it is the recall
        found[model_id] = {"scenes": int(present[:, one].sum()), **measured}
    return found


def over_epochs(rows: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each measure over the rows that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {
        name: float(torch.tensor([row[name] for row in rows if name in row], dtype=torch.float64).mean())
        for name in names
    }
