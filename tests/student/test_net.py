"""The student as an image encoder: normalisation inside, unit rows outside, the same under autocast and compilation."""

import subprocess
import sys
from pathlib import Path

import pytest
import timm
import torch
from PIL import Image
from torch.nn.functional import cosine_similarity, normalize

from clipling.contracts.encoders import ImageEncoder
from clipling.student import StudentNet, create_student


@pytest.fixture(scope="module")
def net() -> StudentNet:
    torch.manual_seed(0)
    return create_student("test_resnet", width=16, image_size=64).eval()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def test_forward_is_the_backbone_on_pixels_normalised_by_hand(net: StudentNet, images: torch.Tensor):
    mean = torch.tensor(net.mean).view(3, 1, 1)
    std = torch.tensor(net.std).view(3, 1, 1)
    with torch.no_grad():
        expected = normalize(net.backbone((images / 255 - mean) / std), dim=1)
        torch.testing.assert_close(net(images), expected)


def test_embeddings_are_unit_rows_in_float32(net: StudentNet, images: torch.Tensor):
    embeddings = net.encode_image(images)
    assert embeddings.shape == (4, net.width)
    assert embeddings.dtype == torch.float32
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(4))


def test_it_is_an_image_encoder(net: StudentNet):
    assert isinstance(net, ImageEncoder)


def test_encode_image_has_no_gradient_and_leaves_batch_statistics_and_mode_alone(images: torch.Tensor):
    net = create_student("test_resnet", width=16, image_size=64).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    embeddings = net.encode_image(images)
    assert not embeddings.requires_grad
    assert net.training
    torch.testing.assert_close(embeddings, net.eval()(images).detach())
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_training_reaches_every_weight(images: torch.Tensor):
    net = create_student("test_resnet", width=16, image_size=64).train()
    (net(images) * torch.randn(4, 16)).sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in net.parameters())


def test_the_normalisation_is_no_part_of_the_state_dict(net: StudentNet):
    assert all(name.startswith("backbone.") for name in net.state_dict())


def test_channels_last_pixels_reach_the_backbone(net: StudentNet, images: torch.Tensor):
    seen = []
    handle = net.backbone.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.no_grad():
        net(images.contiguous(memory_format=torch.channels_last))
    handle.remove()
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
    assert not seen[0].is_contiguous()


def test_bf16_autocast_stays_near_float32(net: StudentNet, images: torch.Tensor):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = net.encode_image(images)
    assert low.dtype == torch.float32
    torch.testing.assert_close(low.norm(dim=1), torch.ones(4))
    assert cosine_similarity(low, net.encode_image(images)).min() > 0.99


def test_the_graph_is_captured_whole():
    """In a process of its own: the run-time shape checks of this one would break the graph."""
    program = (
        "import torch\n"
        "from clipling.student import create_student\n"
        "net = create_student('test_resnet', width=8, image_size=32).eval()\n"
        "images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)\n"
        "compiled = torch.compile(net, backend='eager', fullgraph=True)\n"
        "torch.testing.assert_close(compiled(images), net(images))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


@pytest.mark.shared
def test_photographs_equal_timms_own_transform(net: StudentNet, photos: list[Path]):
    transform = timm.data.create_transform(input_size=(3, 64, 64), mean=net.mean, std=net.std, crop_pct=1.0)
    to_pixels = timm.data.create_transform(input_size=(3, 64, 64), crop_pct=1.0, normalize=False)
    pictures = [Image.open(path).convert("RGB") for path in photos[:2]]
    with torch.no_grad():
        expected = normalize(net.backbone(torch.stack([transform(picture) for picture in pictures])), dim=1)
    pixels = torch.stack([to_pixels(picture) for picture in pictures])
    torch.testing.assert_close(net.encode_image(pixels), expected, atol=1e-5, rtol=1e-5)
