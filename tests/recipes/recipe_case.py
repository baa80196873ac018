"""One case of the recipes' tests: a table as it is, what is asked, and rows to fill it with."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from migrator.names import TableName
from migrator.recipes import Recipe, load

TODAY = date(2026, 9, 1)


@dataclass(frozen=True)
class Case:
    """`base` is the DDL before, `rows` statements that insert, `arguments` the manifest's [recipe] table."""

    base: str
    arguments: dict[str, Any]
    rows: tuple[str, ...] = ()
    direct: str = ""
    """The DDL that gives the same final schema at once; empty where nothing is comparable."""
    setup: tuple[str, ...] = field(default=())
    """Statements before `base` that a replay cannot follow."""

    @property
    def recipe(self) -> Recipe:
        return load({**self.arguments, "owner": "team-identity", "contract_by": date(2026, 12, 15)})

    @property
    def migration(self) -> str:
        return self.recipe.migration_id(TODAY)

    @property
    def table(self) -> TableName:
        return TableName.parse(self.arguments.get("table", "public.users"))
