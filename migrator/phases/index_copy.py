"""The server's own spelling of an index that a statement would make, built on an empty temporary copy of the table.

Only asked after a crash in CREATE INDEX CONCURRENTLY: an index of that name exists, and it must be the same one.
"""

from migrator.errors import DatabaseFailed
from migrator.names import TableName
from migrator.pg.driver import Connection, sql
from migrator.pg.queries import query
from migrator.statements.parse import Node, deparse
from migrator.statements.statement import Statement

_COPY = "migrator_index_copy"


def definition_on_copy(connection: Connection, statement: Statement) -> str:
    """Return `pg_get_indexdef` of the statement's index on a temporary copy; the copy is rolled back.

    Args:
        connection: outside a transaction.
        statement: a CREATE INDEX with a name.
    """
    relation = statement.node.index_stmt.relation
    table = TableName(relation.schemaname or "public", relation.relname)
    with connection.transaction(force_rollback=True):
        connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING GENERATED) ON COMMIT DROP").format(
                sql.Identifier(_COPY), sql.Identifier(table.schema, table.name)
            )
        )
        connection.execute(deparse(_on_copy(statement.node)).encode())
        row = connection.execute(query("probes.temporary_index"), {"name": f"{_COPY}_idx"}).fetchone()
    if row is None:  # pragma: no cover - the statement above made it or raised
        raise DatabaseFailed("The server did not show the index of a temporary copy.", "Run `migrator resume` again.")
    return str(row["definition"])


def _on_copy(node: Node) -> Node:
    copy = Node()
    copy.CopyFrom(node)
    index = copy.index_stmt
    index.concurrent = False
    index.idxname = f"{_COPY}_idx"
    index.relation.schemaname = ""
    index.relation.relname = _COPY
    index.table_space = ""
    return copy
