"""The measures of a student on scenes: Y_id on X_id, Y_id on X_ood, Y_ood on X_ood.

Shapes: N scenes, C objects, D embedding width.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from clipling.applications.pickclutter.measures import answers_measured
from clipling.applications.pickclutter.network import PickNet
from clipling.applications.pickclutter.observations import Observations
from clipling.applications.pickclutter.scores import scores
from clipling.applications.pickclutter.settings import THRESHOLD
from clipling.student import evaluation_mode

_AT_ONCE = 64


@dataclass(frozen=True)
class Exam:
    """What is asked of which scenes. id: scenes of seen objects only. ood: scenes of seen and unseen ones.

    What it measures is by `seen_id`, `seen_ood` and `unseen_ood`: which objects are asked for, in which scenes.
    """

    id: Observations | None
    ood: Observations | None
    seen: tuple[str, ...]
    unseen: tuple[str, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """Every object, in the order in which texts are expected."""
        return self.seen + self.unseen

    def measured(
        self, net: PickNet, pairs: Float[Tensor, "T D"], *, dtype: torch.dtype = torch.float32
    ) -> dict[str, float]:
        """Flat: `seen_id/accuracy` and so on, as far as there are scenes and objects; on the device of `net`."""
        return measures_of(self.answered(net, pairs, dtype=dtype))

    def answered(
        self, net: PickNet, pairs: Float[Tensor, "T D"], *, dtype: torch.dtype = torch.float32
    ) -> "dict[str, Answered]":
        """What is said, and what is there, by `seen_id` and so on."""
        found: dict[str, Answered] = {}
        for where, scenes in (("id", self.id), ("ood", self.ood)):
            if scenes is None:
                continue
            said = scored(net, scenes, pairs, dtype=dtype) > THRESHOLD
            parts = {"seen": slice(0, len(self.seen))}
            if where == "ood" and self.unseen:
                parts["unseen"] = slice(len(self.seen), None)
            present = scenes.present(self.asked)
            for what, columns in parts.items():
                found[f"{what}_{where}"] = Answered(self.asked[columns], said[:, columns], present[:, columns])
        return found


@dataclass(frozen=True)
class Answered:
    """What was said to be present, and what was, for the objects asked for."""

    asked: tuple[str, ...]
    said: Bool[Tensor, "N C"]
    present: Bool[Tensor, "N C"]


def measures_of(answered: Mapping[str, Answered]) -> dict[str, float]:
    """`PART/MEASURE` of what was answered in each part."""
    return flat({part: answers_measured(one.said, one.present) for part, one in answered.items()})


def flat(measures: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """`PART/MEASURE` from measures by part."""
    return {f"{part}/{name}": value for part, numbers in measures.items() for name, value in numbers.items()}


@torch.no_grad()
def scored(
    net: PickNet, scenes: Observations, pairs: Float[Tensor, "T D"], *, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "N C"]:
    """The score of every object in every scene, on the CPU."""
    device = net.score_bias.device
    pairs = pairs.to(device)
    rows = [torch.empty(0, len(pairs) // 2)]
    with evaluation_mode(net):
        for start in range(0, len(scenes), _AT_ONCE):
            images = torch.stack([scenes[row] for row in range(start, min(start + _AT_ONCE, len(scenes)))])
            images = images.contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                view = net(images.to(device))
            rows.append(scores(view.places, view.offset, pairs).cpu())
    return torch.cat(rows)
