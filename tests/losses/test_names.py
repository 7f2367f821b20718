import inspect

import pytest
import torch

from clipling import losses
from clipling.losses import LOSSES


def test_recipe_keys_name_the_functions():
    assert dict(LOSSES) == {
        "cls": losses.classification,
        "mse": losses.feature_mse,
        "im_cst": losses.image_contrastive,
        "vl_prox": losses.proximal_alignment,
        "cap": losses.caption_contrastive,
    }


@pytest.mark.parametrize("name", ["cls", "im_cst", "vl_prox", "cap"])
def test_every_softmax_starts_from_the_temperature_of_the_paper(name):
    assert inspect.signature(LOSSES[name]).parameters["temperature"].default == 0.07


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_descending_any_loss_brings_the_student_nearer_to_what_it_is_told(rows, name):
    teacher, text, labels = rows(12, 16, 1), rows(5, 16, 2), torch.arange(12) % 5
    image = rows(12, 16, 3).requires_grad_()
    given = {"image": image, "teacher_image": teacher, "text": text, "labels": labels, "caption": rows(12, 16, 4)}
    options = {"filter_misaligned": False} if name == "vl_prox" else {}
    wanted = {key: value for key, value in given.items() if key in inspect.signature(LOSSES[name]).parameters}
    before = LOSSES[name](**wanted, **options)
    (step,) = torch.autograd.grad(before, image)
    wanted["image"] = torch.nn.functional.normalize(image.detach() - 0.01 * step)
    assert LOSSES[name](**wanted, **options) < before
