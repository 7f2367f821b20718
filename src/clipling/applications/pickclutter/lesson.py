"""What a batch of scenes teaches: which objects are there, and what the teacher makes of the hand camera's picture.

Shapes: b observations of this process, B of all; N training scenes, C objects, D embedding width.
"""

from collections.abc import Callable

from jaxtyping import Bool, Float
from lightning_fabric import Fabric
from torch import Tensor

from clipling.applications.pickclutter.network import View
from clipling.applications.pickclutter.scores import scores
from clipling.applications.pickclutter.settings import TEMPERATURE
from clipling.data.loader import Batch
from clipling.losses import asymmetric, image_contrastive
from clipling.training.devices import gathered
from clipling.training.objective import Losses


class PickLesson:
    """The losses of a batch: `cls`, the asymmetric loss of all objects' scores, and `im_cst` where it has a weight."""

    def __init__(
        self,
        fabric: Fabric,
        present: Bool[Tensor, "N C"],
        pairs: Callable[[], Float[Tensor, "T D"]],
        hand: Float[Tensor, "N D"] | None,
        im_cst: float,
    ) -> None:
        """pairs: the texts as they are now. hand: the teacher's features. im_cst: the weight of that loss."""
        self._fabric = fabric
        self._present = present.to(fabric.device)
        self._pairs = pairs
        self._hand = None if hand is None else hand.to(fabric.device)
        self._im_cst = im_cst

    def __call__(self, view: View, batch: Batch) -> Losses:
        """The losses over the batch of all processes."""
        rows = batch.rows.to(self._fabric.device)
        whole, places, offset = (gathered(self._fabric, part) for part in view)
        present = gathered(self._fabric, self._present[rows])
        parts = {"cls": asymmetric(scores(places, offset, self._pairs()), present)}
        total = parts["cls"]
        if self._hand is not None and self._im_cst:
            teacher = gathered(self._fabric, self._hand[rows])
            parts["im_cst"] = image_contrastive(whole, teacher, temperature=TEMPERATURE)
            total = total + self._im_cst * parts["im_cst"]
        return {"loss": total, **parts}
