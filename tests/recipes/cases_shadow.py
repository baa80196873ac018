"""Cases of the recipes that work with a second column."""

from tests.recipes.recipe_case import Case

SHADOW_CASES: dict[str, Case] = {}
