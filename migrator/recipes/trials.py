"""Queries that try the expressions of a recipe before anything is changed, and where the trigger must look for types.

PL/pgSQL reads an expression when it runs it first: a misspelt function would break every write of old code, after
the trigger is there. Asked for no row, each expression is read by the server and nothing is computed.
"""

from migrator.names import TableName, quote
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.schema.model import Column


def trials(table: TableName, sync: SyncTrigger) -> tuple[str, ...]:
    """Return the queries; a plain column needs none."""
    ups = [formula.text for formula in sync.up.values() if not formula.is_column]
    downs = [formula.text for formula in sync.down.values() if not formula.is_column]
    found: list[str] = []
    if ups:
        found.append(f"SELECT {', '.join(ups)} FROM {table} LIMIT 0")  # noqa: S608 text of a file
    if downs:
        row = ", ".join(f"NULL::{column.type} AS {quote(column.name)}" for column in sync.new)
        found.append(f"SELECT {', '.join(downs)} FROM (SELECT {row}) AS new_row LIMIT 0")  # noqa: S608 text of a file
    return tuple(found)


def schemas_of(*columns: Column) -> tuple[str, ...]:
    """Return the schemas of the columns' types that are not the server's own: their operators live there."""
    names = (column.type for column in columns if " " not in column.type.replace('"', "") and "." in column.type)
    found = (TableName.parse(name.partition("(")[0].removesuffix("[]")).schema for name in names)
    return tuple(dict.fromkeys(found))
