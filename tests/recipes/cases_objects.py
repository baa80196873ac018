"""Cases of the recipes that add, replace or remove constraints, indexes, tables and types."""

from tests.recipes.recipe_case import Case

OBJECT_CASES: dict[str, Case] = {}
