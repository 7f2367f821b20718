"""How the paper trains a family of students (Section 4): what every recipe of that family shares."""

from clipling.data.config import Augmentation
from clipling.recipes.recipe import Recipe
from clipling.training.config import LossConfig, OptimizerConfig, ScheduleConfig

CONVOLUTIONAL = Recipe(
    name="",
    losses=LossConfig(),
    optimizer=OptimizerConfig(name="sgd", lr=0.05, momentum=0.9, weight_decay=1e-4),
    schedule=ScheduleConfig(name="multi_step"),
    augmentation=Augmentation(flip=True),
    epochs=90,
    repeats_small=5,
    repeats_large=1,
)
"""ResNets and their kin: SGD 0.05, x0.1 after one and two thirds, random crops and flips."""

TRANSFORMER = Recipe(
    name="",
    losses=LossConfig(),
    optimizer=OptimizerConfig(name="adamw", lr=1e-4, weight_decay=0.01),
    schedule=ScheduleConfig(name="one_cycle"),
    augmentation=Augmentation(flip=False, randaugment=(2, 9)),
    epochs=90,
    repeats_small=5,
    repeats_large=3,
)
"""Vision transformers: AdamW 1e-4, one cycle stepped per epoch, RandAugment(2, 9) and random crops, no flip."""


def preset(student: str) -> Recipe:
    """The preset for a timm architecture: networks of self-attention and MLPs have their own, all others the ResNets'.

    Raises InputError for an architecture that timm does not know.
    """
    from clipling.student import is_transformer  # loads torch and timm

    return TRANSFORMER if is_transformer(student) else CONVOLUTIONAL
