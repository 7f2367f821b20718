"""Named, complete experiments."""

from clipling.recipes.named import RECIPES, get_recipe
from clipling.recipes.recipe import Recipe

__all__ = ["RECIPES", "Recipe", "get_recipe"]
