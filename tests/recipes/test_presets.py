"""The paper's settings, written out: a preset that drifts from them reproduces nothing."""

from dataclasses import asdict
from typing import Any

import pytest

from clipling.contracts.errors import InputError
from clipling.recipes import RECIPES, get_recipe
from clipling.recipes.presets import CONVOLUTIONAL, TRANSFORMER, preset
from clipling.recipes.recipe import SMALL

RESNET: dict[str, Any] = {
    "epochs": 90,
    "batch_size": 128,
    "optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4},
    "schedule": {"name": "multi_step", "milestones": (1 / 3, 2 / 3), "gamma": 0.1},
    "augmentation": {"crop_scale": (0.08, 1.0), "flip": True, "randaugment": None},
    "passes": {"small": 5, "large": 1},
}
VIT: dict[str, Any] = {
    "epochs": 90,
    "batch_size": 128,
    "optimizer": {"name": "adamw", "lr": 1e-4, "momentum": 0.9, "weight_decay": 0.01},
    "schedule": {"name": "one_cycle", "milestones": (1 / 3, 2 / 3), "gamma": 0.1},
    "augmentation": {"crop_scale": (0.08, 1.0), "flip": False, "randaugment": (2, 9)},
    "passes": {"small": 5, "large": 3},
}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("student", "paper"), [("resnet18", RESNET), ("vit_base_patch32_224", VIT)])
def test_a_recipe_trains_as_the_paper_does(student: str, paper: dict[str, Any], recipe: str) -> None:
    made = get_recipe(recipe, student)
    passes = {"small": made.repeats_for(SMALL - 1), "large": made.repeats_for(SMALL)}
    assert {**{name: asdict(made).get(name) for name in paper}, "passes": passes} == paper
    assert made.losses.temperature == 0.07


@pytest.mark.parametrize(
    "student",
    [
        "deit_tiny_patch16_224",
        "swin_tiny_patch4_window7_224",
        "maxvit_nano_rw_256",
        "coatnet_nano_rw_224",
        "hiera_tiny_224",
        "davit_tiny",
        "levit_128s",
        "mobilevit_xxs",
        "mobilevitv2_050",
        "convit_tiny",
        "efficientvit_m0",
        "test_vit.r160_in1k",
    ],
)
def test_a_network_of_attention_trains_as_a_transformer_whatever_its_name(student: str) -> None:
    assert preset(student) == TRANSFORMER


@pytest.mark.parametrize(
    "student",
    [
        "resnet50",
        "mobilenetv2_100",
        "convnext_tiny",
        "efficientnet_b0",
        "seresnet18",
        "resnest14d",
        "resnet50_clip",
        "halonet26t",
        "mobilenetv4_hybrid_medium",
        "convformer_s18",
        "fastvit_t8",
        "mixer_s32_224",
    ],
)
def test_attention_to_channels_or_in_place_of_a_layer_makes_no_transformer(student: str) -> None:
    assert preset(student) == CONVOLUTIONAL


def test_an_architecture_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'resnet18'"):
        preset("resent18")


def test_small_is_below_ten_thousand_images() -> None:
    assert SMALL == 10_000, "of the paper's sets Flowers, Cars and Birds repeat; Food and SUN, from 35,000, do not"
