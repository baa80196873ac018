"""The manifest that a recipe renders: TOML for people to read and change, in the order of the design."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from migrator.config import format_duration
from migrator.errors import RecipeRefused
from migrator.names import TableName
from migrator.recipes.recipe import Recipe
from migrator.schema.model import Table


@dataclass(frozen=True, slots=True)
class Fill:
    """A backfill for the manifest: the columns to set, each to an SQL expression, where rows still need it."""

    table: TableName
    values: Mapping[str, str]
    where: str
    is_comparable: bool = True
    """Whether a filled row must equal its expression afterwards; not when the expression varies from row to row, or
    when rows may have other values."""
    triggers: tuple[str, ...] = ()
    """The table's own, as far as known: those on UPDATE fire for every row that is filled."""
    is_by_page: bool = False
    """Whether it goes by pages, because the table has no key."""

    @classmethod
    def of(cls, table: Table, values: Mapping[str, str], where: str, *, is_comparable: bool = True) -> "Fill":
        """Return the backfill of a table that is known."""
        return cls(table.name, values, where, is_comparable, table.triggers)


def manifest_text(recipe: Recipe, fills: Iterable[Fill] = (), *, has_contract: bool = False) -> str:
    """Return migration.toml.

    Raises:
        RecipeRefused: there is something to contract but no deadline for it.
    """
    sections = [_section("[migration]", _migration(recipe)), _section("[recipe]", recipe.arguments())]
    sections += [_section(_head(fill), _backfill(fill)) for fill in fills]
    if has_contract:
        sections.append(_section("[contract]", _contract(recipe)))
    return "\n\n".join(sections) + "\n"


def _migration(recipe: Recipe) -> dict[str, Any]:
    return {"owner": recipe.owner, "ticket": recipe.ticket, "depends_on": recipe.depends_on}


def _head(fill: Fill) -> str:
    """Return the head of a backfill, with a word about triggers that would set `updated_at` or write a log."""
    if not fill.triggers:
        return "[[backfill]]"
    names = ", ".join(map(_key, fill.triggers))
    return f"[[backfill]]\n# It fires the table's triggers on UPDATE, as any update does. See what these do: {names}."


def _backfill(fill: Fill) -> dict[str, Any]:
    compare = {} if fill.is_comparable else {"compare": False}
    way = {"by": "ctid"} if fill.is_by_page else {}
    return {"table": str(fill.table), **way, "set": fill.values, "where": fill.where, **compare}


def _contract(recipe: Recipe) -> dict[str, Any]:
    if recipe.contract_by is None:
        raise RecipeRefused(
            "The change has a contract phase but no deadline for it.", "Give contract_by, the day by which it is done."
        )
    return {
        "contract_by": recipe.contract_by,
        "soak": format_duration(recipe.soak),
        "evidence": recipe.evidence,
        "approvals": recipe.approvals,
        "requires": recipe.requires,
    }


def _section(head: str, values: Mapping[str, Any]) -> str:
    lines = (f"{_key(key)} = {_value(value)}" for key, value in values.items())
    return "\n".join((head, *lines))


def _key(key: str) -> str:
    is_bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if is_bare else _text(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | date):
        return str(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(str(key))} = {_value(item)}" for key, item in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return _text(str(value))


def _text(text: str) -> str:
    """Return a TOML basic string; its escapes are those of JSON, but DEL must be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
