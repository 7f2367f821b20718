import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from clipling.contracts.errors import InputError
from clipling.data.augment import augment, centre_crop, mixed_seed, random_numbers_of, storage_size
from clipling.data.config import Augmentation

PLAIN = Augmentation()


def photo(height: int = 73, width: int = 98) -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    assert not pixels.flags.writeable
    return pixels


def same(first: torch.Tensor, second: torch.Tensor) -> bool:
    return torch.equal(first, second)


@pytest.mark.parametrize("augmentation", [PLAIN, Augmentation(randaugment=(2, 9))])
def test_an_image_is_a_function_of_seed_epoch_and_position(augmentation: Augmentation) -> None:
    def image(seed: int, epoch: int, position: int) -> torch.Tensor:
        return augment(photo(), 64, augmentation, seed=seed, epoch=epoch, position=position)

    first = image(1, 2, 3)
    assert first.shape == (3, 64, 64)
    torch.rand(5)
    assert same(first, image(1, 2, 3))
    assert not any(same(first, other) for other in (image(0, 2, 3), image(1, 3, 3), image(1, 2, 4), image(2, 1, 3)))


def test_the_global_generator_is_left_where_it_was() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    augment(photo(), 64, Augmentation(randaugment=(2, 9)), seed=0, epoch=0, position=0)
    assert same(torch.get_rng_state(), before)
    with pytest.raises(KeyError), random_numbers_of(1):
        raise KeyError
    assert same(torch.get_rng_state(), before)


def test_the_whole_image_is_the_crop_of_scale_one() -> None:
    pixels = photo(64, 64)
    whole = Augmentation(crop_scale=(1.0, 1.0), flip=False)
    crops = [augment(pixels, 64, whole, seed=0, epoch=0, position=position) for position in range(40)]
    upright = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
    assert all(same(crop, upright) for crop in crops)
    mirrored = Augmentation(crop_scale=(1.0, 1.0))
    flipped = [augment(pixels, 64, mirrored, seed=0, epoch=0, position=position) for position in range(200)]
    count = sum(same(crop, upright.flip(-1)) for crop in flipped)
    assert count + sum(same(crop, upright) for crop in flipped) == 200
    assert 70 < count < 130


def test_crops_keep_the_share_asked_for() -> None:
    # A ramp from left to right: the span of values in a crop is the share of the width that it keeps.
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8)[None, :, None], (200, 200, 3))
    small = Augmentation(crop_scale=(0.04, 0.04), flip=False)
    for position in range(20):
        crop = augment(ramp, 32, small, seed=0, epoch=0, position=position)
        share = (int(crop.max()) - int(crop.min())) / 200
        assert 0.2 * 0.75**0.5 - 0.03 < share < 0.2 * (4 / 3) ** 0.5 + 0.03


@pytest.mark.parametrize("position", range(8))
def test_randaugment_comes_before_the_crop(position: int) -> None:
    authors = v2.Compose([v2.RandAugment(2, 9), v2.PILToTensor(), v2.RandomResizedCrop(32, antialias=True)])
    with random_numbers_of(0, 1, position):
        expected = authors(Image.fromarray(photo()))
    wanted = Augmentation(flip=False, randaugment=(2, 9))
    assert same(augment(photo(), 32, wanted, seed=0, epoch=1, position=position), expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (300, 2), (9, 9)])
def test_odd_shapes_give_an_image_too(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 77, np.uint8)
    assert augment(pixels, 16, PLAIN, seed=0, epoch=0, position=0).unique().tolist() == [77]
    assert centre_crop(pixels, 16).unique().tolist() == [77]


def test_the_centre_of_stored_pixels_is_taken_unresized() -> None:
    pixels = photo(storage_size(64), 99)
    expected = torch.from_numpy(pixels[4 : 4 + 64, 18 : 18 + 64].copy()).permute(2, 0, 1)
    assert same(centre_crop(pixels, 64), expected)
    assert storage_size(224) == 256


def test_the_centre_crop_resizes_other_sizes() -> None:
    crops = [centre_crop(photo(side, side), 64).float() for side in (40, 73, 150)]
    assert all((crop - crops[1]).abs().mean() < 6 for crop in crops)


def test_seeds_depend_on_every_part_and_their_order() -> None:
    seeds = [mixed_seed(*parts) for parts in ((1, 2, 3), (3, 2, 1), (1, 23), (12, 3), (1, 2, 4), (-1, 2, 3))]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert mixed_seed(1, 2, 3) == mixed_seed(1, 2, 3)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [({"crop_scale": (0.0, 1.0)}, "crop_scale"), ({"crop_scale": (0.5, 0.1)}, "crop_scale"),
     ({"randaugment": (0, 9)}, "randaugment"), ({"randaugment": (2, 31)}, "randaugment")],
)  # fmt: skip
def test_settings_out_of_range_are_named(wrong: dict[str, tuple[float, float]], name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is "):
        Augmentation(**wrong)  # type: ignore[arg-type]
