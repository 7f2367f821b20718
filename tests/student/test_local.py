import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.student import create_local_student

MEAN, STD = (0.0,) * 8, (1.0,) * 8


@pytest.mark.parametrize("architecture", ["test_efficientnet", "test_vit", "test_convnext", "mobilenetv3_small_050"])
def test_every_place_and_the_whole_have_a_unit_row(architecture: str) -> None:
    size = 160 if architecture == "test_vit" else 64
    net = create_local_student(architecture, width=12, image_size=size, mean=MEAN, std=STD).eval()
    whole, places = net(torch.randn(2, 8, size, size))
    rows, columns = net.grid
    assert whole.shape == (2, 12)
    assert places.shape == (2, rows * columns, 12)
    for part in (whole, places):
        torch.testing.assert_close(part.norm(dim=-1), torch.ones(part.shape[:-1]))


def test_places_stand_in_rows_of_the_image() -> None:
    net = create_local_student("test_efficientnet", width=12, image_size=128, mean=MEAN, std=STD).eval()
    empty, marked = torch.zeros(2, 1, 8, 128, 128)
    marked[:, :, 96:, :32] = 5.0
    moved = (net(marked).places - net(empty).places).norm(dim=-1).view(net.grid)
    assert moved[-1, 0] > 2 * moved[0, -1]


def test_images_are_brought_to_mean_zero_in_their_own_units() -> None:
    torch.manual_seed(0)
    plain = create_local_student("test_efficientnet", width=4, image_size=32, mean=MEAN, std=STD).eval()
    scaled = create_local_student("test_efficientnet", width=4, image_size=32, mean=(3.0,) * 8, std=(2.0,) * 8).eval()
    scaled.load_state_dict(plain.state_dict())
    images = torch.randn(2, 8, 32, 32)
    torch.testing.assert_close(scaled(images * 2 + 3).places, plain(images).places)


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(InputError, match="efficientnet_b0"):
        create_local_student("efficientnet_b00", width=4, image_size=32, mean=MEAN, std=STD)
