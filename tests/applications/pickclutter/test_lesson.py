import pytest
import torch

from clipling.applications.pickclutter.lesson import PickLesson
from clipling.applications.pickclutter.network import View
from clipling.applications.pickclutter.scores import scores
from clipling.data.loader import Batch
from clipling.losses import asymmetric, image_contrastive
from clipling.tensors import unit
from clipling.training.config import Hardware
from clipling.training.devices import make_fabric


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_it_is_the_librarys_losses_of_the_batchs_rows(weight: float) -> None:
    draw = torch.Generator().manual_seed(0)
    whole, places, hand, pairs = (
        unit(torch.randn(*shape, generator=draw)) for shape in ((3, 8), (3, 4, 8), (5, 8), (6, 8))
    )
    present = torch.rand(5, 3, generator=draw) < 0.5
    view, rows = View(whole, places, torch.full((3,), 0.1)), torch.tensor([4, 0, 2])
    fabric = make_fabric(Hardware(accelerator="cpu", precision="fp32"))
    parts = PickLesson(fabric, present, lambda: pairs, hand, weight)(view, Batch(torch.empty(3, 8, 1, 1), rows))
    expected = {"cls": asymmetric(scores(places, view.offset, pairs), present[rows])}
    if weight:
        expected["im_cst"] = image_contrastive(whole, hand[rows])
    total = expected["cls"] + weight * expected.get("im_cst", torch.zeros(()))
    torch.testing.assert_close(parts, {"loss": total, **expected})
