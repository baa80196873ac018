"""Whether a table or column is there, and whether it holds anything: asked before a statement takes it away.

Looks for a moment only: where the answer does not come at once, something is taken to be there.
"""

from migrator.names import TableName
from migrator.pg.driver import Connection, DatabaseError, sql
from migrator.pg.queries import query

_PATIENCE = "1s"


def has_table(connection: Connection, table: TableName) -> bool:
    """Whether there is a table, partitioned or foreign too, of that name."""
    return _found(connection, "table", table, "")


def has_column(connection: Connection, table: TableName, column: str) -> bool:
    """Whether the table has the column."""
    return _found(connection, "column", table, column)


def has_enabled_trigger(connection: Connection, table: TableName, trigger: str) -> bool:
    """Whether the table has the trigger, and it fires."""
    return _found(connection, "trigger", table, trigger)


def holds_rows(connection: Connection, table: TableName) -> bool:
    """Whether the table has a row; yes when nobody can tell within a second."""
    text = sql.SQL("SELECT EXISTS (SELECT FROM {table}) AS found")
    return _looked(connection, text.format(table=sql.Identifier(table.schema, table.name)))


def holds_values(connection: Connection, table: TableName, column: str) -> bool:
    """Whether a row has a value there that no generated column computes; yes when nobody can tell within a second."""
    if _found(connection, "generated", table, column):
        return False
    text = sql.SQL("SELECT EXISTS (SELECT FROM {table} WHERE {column} IS NOT NULL) AS found")
    names = {"table": sql.Identifier(table.schema, table.name), "column": sql.Identifier(column)}
    return _looked(connection, text.format(**names))


def is_written_since(connection: Connection, table: TableName, audit_row: int) -> bool:
    """Whether a row was put in or changed after that row of the audit; yes when nobody can tell within a second."""
    text = sql.SQL(
        "SELECT EXISTS (SELECT FROM {table} WHERE age(xmin) < "
        "(SELECT age(a.xmin) FROM migrator.audit a WHERE a.seq = {row})) AS found"
    )
    names = {"table": sql.Identifier(table.schema, table.name), "row": sql.Literal(audit_row)}
    return _looked(connection, text.format(**names))


def _found(connection: Connection, kind: str, table: TableName, name: str) -> bool:
    values = {"schema": table.schema, "table": table.name, "name": name}
    row = connection.execute(query(f"holdings.{kind}"), values).fetchone()
    return row is not None and bool(row["found"])


def _looked(connection: Connection, text: sql.Composed) -> bool:
    try:
        with connection.transaction():
            for name in ("lock_timeout", "statement_timeout"):
                connection.execute(query("session.set_local"), {"name": name, "value": _PATIENCE})
            connection.execute("SET LOCAL row_security = off")
            row = connection.execute(text).fetchone()
    except DatabaseError:
        return True
    return row is None or bool(row["found"])
