"""The closed set with few shots: a classifier of the seen classes, and another one of those that were unseen.

Shapes: B images in the (global) batch, C classes, D embedding width.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Bool, Float
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn.functional import cross_entropy

from clipling.contracts.encoders import Embeddings
from clipling.data.loader import Batch
from clipling.losses.logits import logits
from clipling.training.config import LossConfig
from clipling.training.devices import gathered, gathered_targets
from clipling.training.objective import Losses


@dataclass(frozen=True)
class TwoClassifiers:
    """What a batch teaches: each image to be told from the classes of its own side, mean over the images."""

    fabric: Fabric
    losses: LossConfig
    targets: Callable[[Batch], Embeddings]
    side: Bool[Tensor, " C"]
    """On which of two sides each class stands."""

    def __call__(self, image: Float[Tensor, "b D"], batch: Batch) -> Losses:
        """The loss of the student's unit rows for this process's part of the batch."""
        image = gathered(self.fabric, image)
        target = gathered_targets(self.fabric, self.targets(batch))
        other = self.side[target.labels][:, None] != self.side[None, :]  # (B, C)
        scores = logits(image, target.text, self.losses.temperature).masked_fill(other, float("-inf"))
        cls = cross_entropy(scores, target.labels)
        return {"loss": self.losses.cls * cls, "cls": cls}
