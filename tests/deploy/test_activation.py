"""Where a student looked, on networks whose answer is known."""

import pytest
import torch
from torch import Tensor, nn

from clipling.contracts.errors import InputError
from clipling.deploy.activation import activation
from clipling.student import StudentNet, create_student
from clipling.tensors import unit

SIZE, WIDTH = 96, 16


def image_and_text() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (3, SIZE, SIZE), dtype=torch.uint8, generator=generator)
    return image, unit(torch.randn(WIDTH, generator=generator))


class _Corner(nn.Module):
    """Sees the brightness of the upper left corner, a seventh of the image high and wide, and nothing else."""

    num_features = 1

    def forward_features(self, pixels: Tensor) -> Tensor:
        return pixels

    def forward(self, pixels: Tensor) -> Tensor:
        corner = pixels[:, :, : SIZE // 7, : SIZE // 7].mean(dim=(1, 2, 3))
        return torch.stack([corner, torch.ones_like(corner)], dim=1)


@pytest.mark.parametrize("architecture", ["test_resnet", "test_efficientnet"])
def test_the_mean_over_places_is_the_cosine_of_the_image(architecture: str) -> None:
    torch.manual_seed(0)
    net = create_student(architecture, width=WIDTH, image_size=SIZE)
    image, text = image_and_text()
    seen = activation(net, image, text)
    assert seen.exact
    assert seen.heat.numel() > 1
    torch.testing.assert_close(seen.heat.mean(), net.encode_image(image[None])[0] @ text, atol=1e-5, rtol=1e-5)


def test_a_place_has_the_projection_of_its_own_features() -> None:
    torch.manual_seed(0)
    net = create_student("test_resnet", width=WIDTH, image_size=SIZE)
    image, text = image_and_text()
    net.eval()
    with torch.no_grad():
        features = net.backbone.forward_features(net.normalised(image[None]))[0]
        fc = net.backbone.get_classifier()
        length = torch.linalg.vector_norm(net.backbone(net.normalised(image[None])))
        naive = [
            [float((fc.weight @ features[:, y, x] + fc.bias) @ text / length) for x in range(features.shape[2])]
            for y in range(features.shape[1])
        ]
    torch.testing.assert_close(activation(net, image, text).heat, torch.tensor(naive), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("architecture", ["test_vit", "test_convnext", "mobilenetv3_small_050"])
def test_a_network_that_does_not_come_apart_is_said_to_be_inexact(architecture: str) -> None:
    torch.manual_seed(0)
    net = create_student(architecture, width=WIDTH, image_size=160 if architecture == "test_vit" else SIZE)
    image = torch.randint(0, 256, (3, net.image_size, net.image_size), dtype=torch.uint8)
    seen = activation(net, image, image_and_text()[1])
    assert not seen.exact
    assert seen.heat.shape == (7, 7)


def test_hiding_finds_the_only_square_that_matters() -> None:
    net = StudentNet(
        _Corner(), architecture="corner", width=2, image_size=SIZE, mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0)
    )
    image = torch.full((3, SIZE, SIZE), 255, dtype=torch.uint8)
    heat = activation(net, image, torch.tensor([1.0, 0.0])).heat
    assert heat[0, 0] > 0.3
    assert heat.flatten()[1:].abs().max() < 1e-6


def test_training_mode_is_left_as_it_was() -> None:
    net = create_student("test_resnet", width=WIDTH, image_size=SIZE).train()
    image, text = image_and_text()
    first, second = (activation(net, image, text).heat for _ in range(2))
    assert net.training
    assert torch.equal(first, second)


def test_a_text_of_another_width_is_refused() -> None:
    net = create_student("test_resnet", width=WIDTH, image_size=SIZE)
    with pytest.raises(InputError, match="expected a row of 16"):
        activation(net, image_and_text()[0], torch.ones(3))
