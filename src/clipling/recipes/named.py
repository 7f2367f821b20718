"""The recipes by name, each as its complete difference from a student's preset; every loss has weight 1.

The first ten are the rows of the paper's Table 1. `paper` is the full method, its last but one row with the MSE term:
cls + im_cst + vl_prox + mse, k = 256, filtered; `im_cst+mse` is what of it needs no labels. The rest vary it: language
enrichment (Table 5), what vl_prox and im_cst see (Table 9), and the controls that tell whether a description carries
meaning. `closed_set` learns a unit vector for each class, compared by cosine, where the authors' baseline has a plain
linear layer with a bias.
"""

from dataclasses import dataclass, field, replace

from clipling.contracts.errors import unknown
from clipling.language.config import TextConfig
from clipling.recipes.presets import preset
from clipling.recipes.recipe import Recipe
from clipling.training.config import LossConfig


@dataclass(frozen=True)
class Difference:
    """What a recipe changes in the preset of a student: what it is trained with, and the text of a class."""

    losses: LossConfig
    text: TextConfig = field(default_factory=TextConfig)


_FULL = LossConfig(cls=1, im_cst=1, vl_prox=1, mse=1)
_CAPTIONED = replace(_FULL, cap=1)
_DESCRIBED = TextConfig(descriptions="own")
_PROMPTED = TextConfig(prompt=8)
_BOTH = TextConfig(descriptions="own", prompt=8)

RECIPES: dict[str, Difference] = {
    "closed_set": Difference(LossConfig(cls=1), TextConfig(closed=True)),
    "cls": Difference(LossConfig(cls=1)),
    "mse": Difference(LossConfig(mse=1)),
    "cls+mse": Difference(LossConfig(cls=1, mse=1)),
    "im_cst": Difference(LossConfig(im_cst=1)),
    "cls+im_cst": Difference(LossConfig(cls=1, im_cst=1)),
    "cls+im_cst+mse": Difference(LossConfig(cls=1, im_cst=1, mse=1)),
    "cls+im_cst+vl_prox": Difference(LossConfig(cls=1, im_cst=1, vl_prox=1)),
    "paper": Difference(_FULL),
    "im_cst+vl_prox": Difference(LossConfig(im_cst=1, vl_prox=1)),
    "im_cst+vl_prox+mse": Difference(LossConfig(im_cst=1, vl_prox=1, mse=1)),
    "vl_prox": Difference(LossConfig(vl_prox=1)),
    "cls+vl_prox": Difference(LossConfig(cls=1, vl_prox=1)),
    "im_cst+mse": Difference(LossConfig(im_cst=1, mse=1)),
    "cls+im_cst+vl_prox+semantics": Difference(LossConfig(cls=1, im_cst=1, vl_prox=1), _DESCRIBED),
    "semantics": Difference(_FULL, _DESCRIBED),
    "captions": Difference(_CAPTIONED),
    "prompt": Difference(_FULL, _PROMPTED),
    "semantics+captions": Difference(_CAPTIONED, _DESCRIBED),
    "semantics+prompt": Difference(_FULL, _BOTH),
    "semantics+captions+prompt": Difference(_CAPTIONED, _BOTH),
    "shuffled": Difference(_FULL, TextConfig(descriptions="shuffled")),
    "random_words": Difference(_FULL, TextConfig(descriptions="random_words")),
    "semantics_k10": Difference(replace(_FULL, k=10), _DESCRIBED),
    "semantics_k1": Difference(replace(_FULL, k=1), _DESCRIBED),
    "semantics_unfiltered": Difference(replace(_FULL, filter_misaligned=False), _DESCRIBED),
    "semantics_im_cst_filtered": Difference(replace(_FULL, filter_im_cst=True), _DESCRIBED),
}


def get_recipe(name: str, student: str = "resnet18") -> Recipe:
    """The recipe `name` for a student of that architecture. Raises InputError with the nearest name."""
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    difference = RECIPES[name]
    return replace(preset(student), name=name, losses=difference.losses, text=difference.text)


def part_without_labels(recipe: Recipe) -> Recipe:
    """The full method without the losses that need labels; any other recipe, or a variant of it, as it is."""
    if recipe.name != "paper" or recipe.losses != RECIPES["paper"].losses:
        return recipe
    return replace(recipe, name="im_cst+mse", losses=RECIPES["im_cst+mse"].losses)
