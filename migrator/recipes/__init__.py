"""Recipes: one file per kind of change, pure: a schema goes in, SQL files come out.

`discover()` finds them; a file that defines a `Recipe` whose `kind` is the file's name is a recipe, the others are
parts that recipes share.
"""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from migrator.errors import InputError
from migrator.recipes.recipe import Recipe, Rendering

__all__ = ["Recipe", "Rendering", "discover", "load"]


def discover() -> dict[str, type[Recipe]]:
    """Return every recipe by its kind, in the order of the names."""
    found: dict[str, type[Recipe]] = {}
    for module in pkgutil.iter_modules(__path__):
        recipe = _recipe_of(import_module(f"{__name__}.{module.name}"), module.name)
        if recipe is not None:
            found[module.name] = recipe
    return found


def load(arguments: Mapping[str, Any]) -> Recipe:
    """Build the recipe that a manifest's [recipe] table describes.

    Raises:
        InputError: the kind is unknown, or an argument is missing, unknown or wrong.
    """
    recipes = discover()
    kind = arguments.get("kind")
    if kind not in recipes:
        raise InputError(f"There is no recipe {kind!r}.", f"Use one of {', '.join(recipes)}.")
    return recipes[kind].read(arguments)


def _recipe_of(module: ModuleType, kind: str) -> type[Recipe] | None:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Recipe) and value.__module__ == module.__name__:
            field = value.model_fields.get("kind")
            if field is not None and field.default == kind:
                return value
    return None
