"""Every kind of image becomes the pixels that evaluation would see."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from clipling.contracts.errors import InputError
from clipling.data.augment import storage_size
from clipling.data.loader import evaluation_loader
from clipling.data.pixels import open_pixels
from clipling.deploy import read_bundle
from clipling.deploy.config import BundleConfig
from clipling.deploy.pixels import as_list, pixels_of


@pytest.fixture
def config(bundle: Path) -> BundleConfig:
    return read_bundle(bundle).config


def test_all_forms_of_one_picture_give_the_same_pixels(picture: Image.Image, config: BundleConfig, tmp_path: Path):
    picture.save(tmp_path / "bird.png")
    array = np.asarray(picture)
    tensor = torch.from_numpy(array.copy()).permute(2, 0, 1)
    expected = pixels_of(picture, config)
    assert expected.shape == (3, 48, 48)
    assert expected.dtype == torch.uint8
    for form in (tmp_path / "bird.png", str(tmp_path / "bird.png"), array, array[:, :, :], tensor, tensor.contiguous()):
        assert torch.equal(pixels_of(form, config), expected)


def test_an_array_that_is_a_view(picture: Image.Image, config: BundleConfig):
    array = np.asarray(picture)
    mirrored = Image.fromarray(np.ascontiguousarray(array[:, ::-1]))
    assert torch.equal(pixels_of(array[:, ::-1], config), pixels_of(mirrored, config))


def test_a_picture_in_memory_is_turned_upright(picture: Image.Image, config: BundleConfig):
    lying = picture.transpose(Image.Transpose.ROTATE_90)
    lying.getexif()[ExifTags.Base.Orientation] = 6
    assert torch.equal(pixels_of(lying, config), pixels_of(picture, config))


def test_transparency_is_composed_on_white(config: BundleConfig):
    glass = Image.new("RGBA", (60, 60), (255, 0, 0, 0))
    assert (pixels_of(glass, config) == 255).all()


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA"])
def test_other_modes_become_rgb(picture: Image.Image, config: BundleConfig, mode: str):
    pixels = pixels_of(picture.convert(mode), config)
    assert pixels.shape == (3, 48, 48)
    assert len(pixels.unique()) > 1


@pytest.mark.parametrize("size", [(20, 30), (1, 1), (300, 41), (48, 48)])
def test_any_size_fills_the_square(config: BundleConfig, size: tuple[int, int]):
    colours = Image.new("RGB", size, (10, 20, 30))
    expected = torch.tensor([10, 20, 30], dtype=torch.uint8).view(3, 1, 1).expand(3, 48, 48)
    assert torch.equal(pixels_of(colours, config), expected)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((8, 8, 3), dtype=np.float32),
        np.zeros((3, 8, 8), dtype=np.uint8),
        np.zeros((0, 8, 3), dtype=np.uint8),
        torch.zeros(3, 8, 8),
        torch.zeros(8, 8, 3, dtype=torch.uint8),
        torch.zeros(3, 0, 8, dtype=torch.uint8),
    ],
)
def test_what_is_no_image_says_what_is_expected(config: BundleConfig, wrong: np.ndarray | torch.Tensor):
    with pytest.raises(InputError, match=r"expected a path, a PIL image, a uint8 array \(H, W, 3\)"):
        pixels_of(wrong, config)


def test_a_file_that_cannot_be_read(config: BundleConfig, tmp_path: Path):
    (tmp_path / "note.jpg").write_text("no picture")
    with pytest.raises(InputError, match=r"note\.jpg"):
        pixels_of(tmp_path / "note.jpg", config)


def test_one_image_a_list_and_a_stack(picture: Image.Image):
    array, tensor = np.zeros((2, 4, 5, 3), np.uint8), torch.zeros(3, 3, 4, 5, dtype=torch.uint8)
    assert as_list(picture) == [picture]
    assert as_list("bird.png") == ["bird.png"]
    assert as_list(["a.png", picture]) == ["a.png", picture]
    assert [one.shape for one in as_list(array)] == [(4, 5, 3)] * 2
    assert [one.shape for one in as_list(tensor)] == [(3, 4, 5)] * 3
    assert len(as_list(array[0])) == len(as_list(tensor[0])) == 1
    with pytest.raises(InputError, match="shape"):
        as_list(array[0, 0])


@pytest.mark.shared
def test_photographs_equal_the_evaluation_loader(photos: list[Path], config: BundleConfig, tmp_path: Path):
    files = [path.name for path in photos[:6]]
    where = {"size": storage_size(48), "folder": tmp_path / "cache", "budget_bytes": 10**9, "workers": 1}
    pixels = open_pixels(photos[0].parent, files, **where)
    [batch] = evaluation_loader(pixels, range(6), size=48, batch_size=6, workers=0)
    for path, expected in zip(photos[:6], batch.images, strict=True):
        assert torch.equal(pixels_of(path, config), expected)


def test_sixteen_bits_in_memory_equal_their_file(config: BundleConfig, tmp_path: Path):
    greys = Image.fromarray(np.linspace(0, 65535, 80 * 60).astype(np.uint16).reshape(60, 80))
    greys.save(tmp_path / "deep.png")
    assert torch.equal(pixels_of(greys, config), pixels_of(tmp_path / "deep.png", config))
    assert 100 < pixels_of(greys, config).float().mean() < 155
