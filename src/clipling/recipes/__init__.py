"""Named, complete experiments."""

from clipling.recipes.recipe import Recipe
from clipling.recipes.table1 import RECIPES, get_recipe

__all__ = ["RECIPES", "Recipe", "get_recipe"]
