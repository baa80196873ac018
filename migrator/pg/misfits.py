"""Rows that break a constraint: the query that shows them, for whoever has to correct them before a step can run.

The server says that "some row" breaks it, and not which. Called by the executor when a step fails for such a reason.
"""

from migrator.names import TableName, quote
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.queries import query

_NULLS = "23502"
_BREAKS = frozenset({_NULLS, "23503", "23514"})
_SHOWN = 10


def misfits(connection: Connection, exc: DatabaseError) -> str:
    """Return a SELECT of the rows that broke the constraint, or nothing where the error or the catalog does not tell.

    Args:
        connection: outside a failed transaction.
        exc: what the server said; its fields name the table and the constraint or the column.
    """
    said = exc.diag
    if exc.sqlstate not in _BREAKS or not said.schema_name or not said.table_name:
        return ""
    table = TableName(said.schema_name, said.table_name)
    if exc.sqlstate == _NULLS:
        condition = f"{quote(said.column_name)} IS NULL" if said.column_name else ""
    else:
        condition = _condition(connection, table, said.constraint_name or "")
    return f"SELECT * FROM {table} AS t WHERE {condition} LIMIT {_SHOWN}" if condition else ""  # noqa: S608 - text for a person


def _condition(connection: Connection, table: TableName, constraint: str) -> str:
    values = {"schema": table.schema, "table": table.name, "name": constraint}
    try:
        row = connection.execute(query("misfits.condition"), values).fetchone()
    except DatabaseError:
        return ""  # the session is lost: what failed is told without the query
    return (row["condition"] or "") if row else ""
