"""Features come back in the order of the rows, and the encoder is left as it was."""

import pytest
import torch
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.data.loader import Batch
from clipling.evaluation import encode_images
from clipling.student import StudentNet, create_student


class Colours:
    """An encoder that is no module: the mean colour of an image is its feature."""

    width = 3

    def encode_image(self, images: Tensor) -> Tensor:
        return images.float().mean(dim=(2, 3)).double().float()


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randint(0, 256, (7, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def net() -> StudentNet:
    return create_student("test_resnet", width=8, image_size=32)


def batches(images: Tensor, *groups: list[int]) -> list[Batch]:
    return [Batch(images=images[rows], rows=torch.tensor(rows)) for rows in groups]


def test_row_i_is_image_i_whatever_the_order_of_batches(images: Tensor):
    features = encode_images(Colours(), batches(images, [5, 0], [6, 3, 1], [2, 4]), 7)
    torch.testing.assert_close(features, images.float().mean(dim=(2, 3)))


def test_a_student_and_any_other_encoder_enter_by_the_same_door(images: Tensor, net: StudentNet):
    features = encode_images(net, batches(images, [0, 1, 2, 3], [4, 5, 6]), 7)
    torch.testing.assert_close(features, net.encode_image(images))
    assert not features.requires_grad


def test_each_module_has_its_mode_back(images: Tensor, net: StudentNet):
    net.train()
    net.backbone.bn1.eval()
    before = net.backbone.bn1.running_mean.clone()
    encode_images(net, batches(images, list(range(7))), 7)
    assert net.training
    assert net.backbone.layer1.training
    assert not net.backbone.bn1.training
    assert torch.equal(net.backbone.bn1.running_mean, before)


def test_bf16_autocast_gives_float32_features_near_those_of_float32(images: Tensor, net: StudentNet):
    whole = batches(images, list(range(7)))
    exact, low = (encode_images(net, whole, 7, dtype=dtype) for dtype in (torch.float32, torch.bfloat16))
    assert low.dtype == torch.float32
    assert not torch.equal(exact, low)
    torch.testing.assert_close(exact, low, atol=0.05, rtol=0)


def test_an_empty_set(net: StudentNet):
    assert encode_images(net, [], 0).shape == (0, 8)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (([0, 1, 2],), "4 of 7 images were in no batch; the first is row 3"),
        (([0, 1], [7]), "row 7, expected 0 to 6"),
        (([0, -1],), "row -1"),
        (([0, 1], [1, 2]), "repeats a row"),
        (([2, 2],), "repeats a row"),
    ],
)
def test_rows_that_do_not_make_up_the_set(images: Tensor, groups: tuple[list[int], ...], message: str):
    some = [Batch(images=images[: len(rows)], rows=torch.tensor(rows)) for rows in groups]
    with pytest.raises(InputError, match=message):
        encode_images(Colours(), some, 7)
