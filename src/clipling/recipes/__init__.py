"""Named, complete experiments."""

from clipling.recipes.named import RECIPES, get_recipe, part_without_labels
from clipling.recipes.recipe import Recipe

__all__ = ["RECIPES", "Recipe", "get_recipe", "part_without_labels"]
