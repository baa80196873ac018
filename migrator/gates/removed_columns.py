"""The columns that a phase removes, where they are: in the table itself and in all that inherits it. No gate."""

from collections.abc import Iterable

from migrator.names import TableName
from migrator.pg.dependencies import KINDS, reach
from migrator.pg.driver import Connection
from migrator.pg.queries import query
from migrator.references.known import Known
from migrator.references.statement_use import Catalog, UsedName
from migrator.statements.effects import ObjectRef

_NAMED = frozenset({"column", "table", "view", "materialized view", "foreign table"})


def removed_columns(connection: Connection, removes: Iterable[ObjectRef]) -> dict[int, list[str]]:
    """Return the columns by the oid of their table."""
    refs = [ref for ref in dict.fromkeys(removes) if ref.kind == "column"]
    found: dict[int, list[str]] = {}
    for number, addresses in reach(connection, refs).targets.items():
        for address in sorted(addresses):
            found.setdefault(address.objid, []).append(refs[number].name)
    return found


def used_names(connection: Connection, removes: Iterable[ObjectRef]) -> tuple[UsedName, ...]:
    """Return what a statement would have to name: the columns, tables that inherit them, and views that read them."""
    refs = [ref for ref in dict.fromkeys(removes) if ref.kind in _NAMED & KINDS]
    found = reach(connection, refs)
    flat = [(number, a.objid, a.objsubid) for number, addresses in found.targets.items() for a in addresses]
    numbers, relids, attnums = ([item[part] for item in flat] for part in range(3))
    rows = connection.execute(
        query("statements.targets"), {"numbers": numbers, "relids": relids, "attnums": attnums}
    ).fetchall()
    return tuple(dict.fromkeys(UsedName(TableName(row["schema"], row["name"]), row["column_name"]) for row in rows))


def read_names(connection: Connection) -> Catalog:
    """Return the tables and columns as they are now, for reading statements."""
    rows = connection.execute(query("statements.columns")).fetchall()
    columns = {TableName(r["schema"], r["name"]): frozenset(r["columns"] or ()) for r in rows if not r["is_system"]}
    return Catalog(Known(columns), frozenset(row["name"] for row in rows if row["is_system"]))
