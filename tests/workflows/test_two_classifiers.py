"""The closed set with few shots: on hand, as many softmaxes as there are sides."""

import torch

from clipling.contracts.encoders import Embeddings
from clipling.data.loader import Batch
from clipling.losses import classification
from clipling.tensors import unit
from clipling.training.config import Hardware, LossConfig
from clipling.training.devices import make_fabric
from clipling.workflows.few_shots.two_classifiers import TwoClassifiers


def test_it_is_the_mean_over_images_of_the_classification_on_their_own_side() -> None:
    image, text = unit(torch.randn(6, 8)), unit(torch.randn(5, 8))
    labels, side = torch.tensor([0, 1, 2, 2, 3, 4]), torch.tensor([True, False, True, False, False])
    fabric = make_fabric(Hardware(accelerator="cpu", precision="fp32"))
    lesson = TwoClassifiers(fabric, LossConfig(cls=2), lambda batch: Embeddings(image, text, labels), side)
    losses = lesson(image, Batch(torch.empty(0), torch.arange(6)))
    seen, shots = torch.tensor([0, 2, 3]), torch.tensor([1, 4, 5])
    apart = [
        classification(image[seen], text[[0, 2]], torch.tensor([0, 1, 1])),
        classification(image[shots], text[[1, 3, 4]], torch.tensor([0, 1, 2])),
    ]
    torch.testing.assert_close(losses["cls"], (3 * apart[0] + 3 * apart[1]) / 6)
    torch.testing.assert_close(losses["loss"], 2 * losses["cls"])
