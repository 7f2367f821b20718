"""How much of the paper's training is done: the same share for every row, fixed before the first run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What a budget changes; None leaves the number to the recipe, or takes all images."""

    name: str
    image_size: int
    epochs: int | None = None
    images_per_class: int | None = None
    """The first so many training images of each class, in the order of the split."""
    repeats: int | None = None
    few_shot_epochs: int = 20
    draws: int = 5
    """Draws of the few shots, for each seed."""


BUDGETS = {
    "tiny": Budget("tiny", image_size=32, epochs=1, images_per_class=10, repeats=1, few_shot_epochs=1, draws=1),
    "small": Budget("small", image_size=64, epochs=10, images_per_class=100, repeats=1, few_shot_epochs=8, draws=1),
    "paper": Budget("paper", image_size=224),
}
"""tiny: seconds, to see that everything runs. small: hours on a processor. paper: as published."""
