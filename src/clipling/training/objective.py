"""The training objective: the losses of a recipe, weighted and by name.

Shapes: B images in the (global) batch, C seen classes, D embedding width.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor

from clipling.contracts.encoders import NO_LABEL, Embeddings
from clipling.data.loader import Batch
from clipling.losses import aligned, caption_contrastive, classification, feature_mse, image_contrastive
from clipling.losses import proximal_alignment as proximity
from clipling.training.config import NEED_LABELS, LossConfig
from clipling.training.devices import gathered, gathered_targets

Losses = dict[str, Tensor]
"""`loss`, the weighted sum, and every part by name; scalars."""


@dataclass(frozen=True)
class Lesson:
    """What a batch teaches: a recipe's losses against the teacher's side of it, over the batch of all processes."""

    fabric: Fabric
    losses: LossConfig
    targets: Callable[[Batch], Embeddings]

    def __call__(self, image: Float[Tensor, "b D"], batch: Batch) -> Losses:
        """The losses of the student's unit rows for this process's part of the batch."""
        image = gathered(self.fabric, image)
        return objective(self.losses, image, gathered_targets(self.fabric, self.targets(batch)))


def objective(config: LossConfig, image: Float[Tensor, "B D"], target: Embeddings) -> Losses:
    """`loss`, the weighted sum, and every named part of it, unweighted.

    image: the student's unit rows. Each value is a scalar; a loss of weight 0 is neither computed nor returned.
    Losses that need labels are those of the images that have one, and 0 in a batch where none has.
    """
    weights = config.weights
    parts = {name: _part(name, config, *_taught(name, image, target)) for name in weights}
    return {"loss": sum((weights[name] * part for name, part in parts.items()), image.new_zeros(())), **parts}


def _taught(name: str, image: Tensor, target: Embeddings) -> tuple[Tensor, Embeddings]:
    """Student rows and targets of the images that a loss is about."""
    if name not in NEED_LABELS or not target.some_unlabelled:
        return image, target
    known = target.labels != NO_LABEL
    caption = None if target.caption is None else target.caption[known]
    return image[known], replace(target, image=target.image[known], labels=target.labels[known], caption=caption)


def _part(name: str, config: LossConfig, image: Tensor, target: Embeddings) -> Tensor:
    temperature = config.temperature
    if not len(image):
        return image.sum()  # 0, with a gradient of 0
    match name:
        case "cls":
            return classification(image, target.text, target.labels, temperature=temperature)
        case "mse":
            return feature_mse(image, target.image)
        case "im_cst":
            keep = aligned(target.image, target.text, target.labels) if config.filter_im_cst else None
            both = config.bidirectional
            return image_contrastive(image, target.image, temperature=temperature, bidirectional=both, keep=keep)
        case "vl_prox":
            return proximity(
                image,
                target.image,
                target.text,
                target.labels,
                k=config.k,
                temperature=temperature,
                filter_misaligned=config.filter_misaligned,
            )
        case "cap" if target.caption is not None:
            return caption_contrastive(image, target.caption, target.labels, temperature=temperature)
    raise ValueError(f"no targets for the loss '{name}'")
