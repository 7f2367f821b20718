"""How the paper teaches a trained student a few images of each unseen class (Section 4 and the authors' commands)."""

from dataclasses import replace

from clipling.recipes.presets import preset
from clipling.recipes.recipe import Recipe
from clipling.training.config import ScheduleConfig

_EPOCHS = 20
_LEARNING_RATES = {"sgd": 1e-3, "adamw": 2e-4}


def few_shot_recipe(
    recipe: Recipe,
    student: str,
    *,
    epochs: int | None = None,
    lr: float | None = None,
    batch_size: int | None = None,
    repeats: int | None = None,
) -> Recipe:
    """The recipe that trained a student, turned to a few shots: its own losses, texts, augmentation, batches, repeats.

    20 epochs of one cycle, stepped per epoch; ResNets and their kin by SGD at 1e-3, transformers by AdamW at 2e-4. An
    epoch passes over the training images as often as it did in training. What is given replaces the paper's number.
    """
    optimizer = preset(student).optimizer
    return replace(
        recipe,
        epochs=_EPOCHS if epochs is None else epochs,
        batch_size=recipe.batch_size if batch_size is None else batch_size,
        repeats=recipe.repeats if repeats is None else repeats,
        optimizer=replace(optimizer, lr=_LEARNING_RATES[optimizer.name] if lr is None else lr),
        schedule=ScheduleConfig(name="one_cycle"),
    )
