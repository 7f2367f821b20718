"""The recipes by name: the rows of the paper's Table 1, each loss with weight 1.

`paper` is the full method, its last but one row with the MSE term: cls + im_cst + vl_prox + mse, k = 256, filtered.
"""

from dataclasses import replace

from clipling.contracts.errors import unknown
from clipling.recipes.presets import preset
from clipling.recipes.recipe import Recipe
from clipling.training.config import LossConfig

RECIPES: dict[str, LossConfig] = {
    "cls": LossConfig(cls=1),
    "mse": LossConfig(mse=1),
    "cls+mse": LossConfig(cls=1, mse=1),
    "im_cst": LossConfig(im_cst=1),
    "cls+im_cst": LossConfig(cls=1, im_cst=1),
    "cls+im_cst+mse": LossConfig(cls=1, im_cst=1, mse=1),
    "cls+im_cst+vl_prox": LossConfig(cls=1, im_cst=1, vl_prox=1),
    "paper": LossConfig(cls=1, im_cst=1, vl_prox=1, mse=1),
    "im_cst+vl_prox": LossConfig(im_cst=1, vl_prox=1),
    "im_cst+vl_prox+mse": LossConfig(im_cst=1, vl_prox=1, mse=1),
}


def get_recipe(name: str, student: str = "resnet18") -> Recipe:
    """The recipe `name` for a student of that architecture. Raises InputError with the nearest name."""
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    return replace(preset(student), name=name, losses=RECIPES[name])
