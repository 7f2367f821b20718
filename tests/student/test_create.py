"""Any timm architecture, or an error that says what to change."""

import os
import subprocess
import sys

import pytest
import timm
import torch

from clipling.contracts.errors import InputError
from clipling.student import create, create_student

TINY = timm.list_models("test_*")
REFUSED = [("test_vit", 50, "64 or 160"), ("efficientformer_l1", 64, "224"), ("levit_128s", 50, "64 or 224")]


@pytest.mark.parametrize("architecture", [*TINY, "mobilenetv2_035", "levit_128s", "deit_tiny_distilled_patch16_224"])
def test_every_family_gives_rows_of_the_width(architecture: str):
    net = create_student(architecture, width=24, image_size=64)
    rows = net.encode_image(torch.zeros(2, 3, 64, 64, dtype=torch.uint8))
    assert rows.shape == (2, 24)
    assert (net.architecture, net.width, net.image_size, net.channels) == (architecture, 24, 64, 3)


def test_mean_and_std_are_the_architectures_own():
    own = timm.get_pretrained_cfg("resnet10t")
    net = create_student("resnet10t", width=8, image_size=32)
    assert net.mean == own.mean != (0.5, 0.5, 0.5)
    assert net.std == own.std


def test_a_transformer_is_built_for_the_size_wanted():
    net = create_student("test_vit", width=8, image_size=96)
    assert net.backbone.patch_embed.img_size == (96, 96)


@pytest.mark.parametrize("channels", [1, 4])
def test_other_numbers_of_channels(channels: int):
    net = create_student("test_resnet", width=8, image_size=32, channels=channels)
    assert len(net.mean) == len(net.std) == net.channels == channels
    assert net.encode_image(torch.zeros(1, channels, 32, 32, dtype=torch.uint8)).shape == (1, 8)


def test_the_seed_decides_the_weights():
    first, second = [], []
    for weights in (first, second):
        torch.manual_seed(3)
        weights.extend(create_student("test_resnet", width=8, image_size=32).parameters())
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_new_student_is_in_training_mode():
    assert all(part.training for part in create_student("test_resnet", width=8, image_size=32).modules())


def test_an_unknown_architecture_names_the_nearest():
    with pytest.raises(InputError, match=r"student architecture 'resnet81'.*did you mean 'resnet\d+") as caught:
        create_student("resnet81", width=8, image_size=32)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("torchvisions", "timms"),
    [
        ("vit_b_32", "vit_base_patch32_224"),
        ("ViT_B_16", "vit_base_patch16_224"),
        ("vit_l_16", "vit_large_patch16_224"),
        ("swin_t", "swin_tiny_patch4_window7_224"),
        ("mobilenet_v3_small", "mobilenetv3_small_100"),
    ],
)
def test_torchvisions_name_leads_to_timms(torchvisions: str, timms: str):
    with pytest.raises(InputError, match=f"did you mean '{timms}'"):
        create_student(torchvisions, width=8, image_size=32)


def test_every_name_that_is_led_to_is_timms():
    assert [name for name in create._TORCHVISION.values() if not timm.is_model(name)] == []


@pytest.mark.parametrize("architecture", ["local-dir:/somewhere", "hf-hub:someone/something", ""])
def test_only_timms_own_names_are_taken(architecture: str):
    with pytest.raises(InputError, match="student architecture"):
        create_student(architecture, width=8, image_size=32)


@pytest.mark.parametrize(("architecture", "size", "takes"), REFUSED)
def test_a_size_the_model_refuses_is_named_with_one_it_takes(architecture: str, size: int, takes: str):
    with pytest.raises(InputError, match=f"'{architecture}' does not take images of {size} x {size} .*to ({takes})"):
        create_student(architecture, width=8, image_size=size)


def test_a_pretrained_tag_that_does_not_exist():
    with pytest.raises(InputError, match=r"no pretrained weights.*resnet18\.nosuch"):
        create_student("resnet18.nosuch", width=8, image_size=32)


@pytest.mark.parametrize("wrong", [{"width": 0}, {"image_size": -1}, {"channels": 0}])
def test_numbers_below_one(wrong: dict[str, int]):
    with pytest.raises(InputError, match="at least 1"):
        create_student("test_resnet", **{"width": 8, "image_size": 32, **wrong})


def test_weights_that_cannot_be_downloaded(tmp_path):
    """In a process of its own, because the hub reads its cache's place and its offline switch on import."""
    program = (
        "from clipling.contracts.errors import InputError\n"
        "from clipling.student import create_student\n"
        "try: create_student('test_resnet', width=8, image_size=32, pretrained=True)\n"
        "except InputError as error: print(error)\n"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert "no pretrained weights for student architecture 'test_resnet'" in done.stdout
    assert "random weights" in done.stdout
