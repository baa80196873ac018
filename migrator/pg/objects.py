"""Every object of the catalog as one line of text: what drift compares, and what a plan's id stands for."""

from collections.abc import Iterable
from typing import NamedTuple

from migrator.names import TableName
from migrator.pg.driver import Connection
from migrator.pg.queries import query

STANDING = frozenset(
    {
        *("owner", "grants", "sequence grants", "column grants", "replica identity", "column settings", "statistics"),
        *("policy roles", "publication", "function access", "schema"),
    }
)
"""Kinds that say who owns and may use what is there, what replicas get of it, and what the planner was told."""
_OF_THE_WHOLE = frozenset({"owner", "grants", "replica identity"})


class CatalogObject(NamedTuple):
    """One object and its definition as the server writes it, with every name qualified."""

    kind: str
    owner_schema: str
    owner_name: str
    """The table of a column, index, constraint, trigger or policy; a function's own name with `()`."""
    name: str
    """The part's own name, or a function's arguments; empty for the owner itself."""
    definition: str

    @property
    def owner(self) -> TableName:
        """What the object belongs to."""
        return TableName(self.owner_schema, self.owner_name)

    def __str__(self) -> str:
        """Return `column public.users.email`, `function public.f(integer)`."""
        if self.owner_name.endswith("()"):
            return f"{self.kind} {self.owner_schema}.{self.owner_name[:-2]}({self.name})"
        own = "" if self.kind in _OF_THE_WHOLE else self.name
        return f"{self.kind} {'.'.join(part for part in (self.owner_schema, self.owner_name, own) if part)}"


def read_objects(connection: Connection, owners: Iterable[TableName] | None) -> tuple[CatalogObject, ...]:
    """Return the objects of the owners (None: of every owner), ordered; in the caller's transaction if there is one."""
    return _read(connection, "objects.objects", owners)


def read_standing(connection: Connection, owners: Iterable[TableName] | None) -> tuple[CatalogObject, ...]:
    """Return the objects of the kinds in `STANDING`; a schema is an owner too, and so is a publication."""
    return _read(connection, "standing.standing", owners)


def _read(connection: Connection, name: str, owners: Iterable[TableName] | None) -> tuple[CatalogObject, ...]:
    asked = None if owners is None else list(owners)
    values = {
        "schemas": None if asked is None else [owner.schema for owner in asked],
        "names": None if asked is None else [owner.name for owner in asked],
    }
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = ''")
        rows = connection.execute(query(name), values).fetchall()
    return tuple(CatalogObject(**row) for row in rows)


def affected_by(
    connection: Connection, owners: Iterable[TableName], whole_schemas: Iterable[str]
) -> tuple[TableName, ...]:
    """Return whose parts the named publications, statistics and sequences are, and all that is in whole schemas."""
    asked = list(owners)
    values = {
        "schemas": [owner.schema for owner in asked],
        "names": [owner.name for owner in asked],
        "whole": list(whole_schemas),
    }
    rows = connection.execute(query("standing.affected"), values)
    return tuple(TableName(row["schema"], row["name"]) for row in rows)


def dependents_of(connection: Connection, tables: Iterable[TableName]) -> tuple[TableName, ...]:
    """Return the tables themselves and what the server writes anew with their names: views and foreign keys' tables."""
    asked = list(tables)
    values = {"schemas": [table.schema for table in asked], "names": [table.name for table in asked]}
    rows = connection.execute(query("objects.dependents"), values)
    return tuple(TableName(row["schema"], row["name"]) for row in rows)
