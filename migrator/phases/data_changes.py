"""What a hand-written UPDATE, DELETE or MERGE of a phase file does to rows, for plans: which table, how many rows.

It is told and not asked about: such corrections are common, and a question that comes each time is answered without
reading. The estimate is the planner's own (EXPLAIN runs nothing). Called by `migrator.phases.plan`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from migrator.lint.bodies import body_of
from migrator.names import TableName
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.explain import changed_rows
from migrator.statements.statement import Statement

MANY_ROWS = 10_000
"""From here on a single statement holds row locks, and grows the table, long enough to be felt."""
_KINDS = {"update_stmt": "UPDATE", "delete_stmt": "DELETE", "merge_stmt": "MERGE"}


@dataclass(frozen=True, slots=True)
class DataChange:
    """One statement that changes or deletes rows in place."""

    verb: str
    """UPDATE, DELETE or MERGE."""
    table: TableName
    rows: int | None
    """About how many rows; None where nobody can say."""
    is_most: bool = False
    """Whether that is all of the table: the planner cannot read the statement before its column is there."""

    @property
    def advice(self) -> str:
        """Return what to write instead; empty where one statement is fine, or nothing is known of the size."""
        if self.verb == "MERGE" or self.rows is None or self.rows < MANY_ROWS:
            return ""
        entry = "delete = true and where" if self.verb == "DELETE" else "set and where"
        return (
            f"one statement locks all these rows until it ends and may double the table: write a [[backfill]] with "
            f"{entry} in migration.toml, which does it in batches"
        )

    def __str__(self) -> str:
        """Return `changes data: UPDATE of about 1,200 rows of public.users; no abort brings the old values back`."""
        most = "at most " if self.is_most else ""
        rows = "rows" if self.rows is None else f"{most}about {self.rows:,} rows"
        lost = "rows" if self.verb == "DELETE" else "values"
        return f"changes data: {self.verb} of {rows} of {self.table}; no abort brings the old {lost} back"


def data_changes(statement: Statement, connection: Connection | None) -> tuple[DataChange, ...]:
    """Return what the statement, or the block that it is, changes in the rows of tables.

    Args:
        statement: of a phase file.
        connection: to ask the planner, outside of a transaction; None tells no number of rows.
    """
    return tuple(_changes(statement, connection))


def _changes(statement: Statement, connection: Connection | None) -> Iterator[DataChange]:
    verb = _KINDS.get(statement.kind)
    if verb is not None:
        yield DataChange(verb, _table(statement), _rows(connection, statement) if connection else None)
    body = body_of(statement) if statement.kind == "do_stmt" else None
    for inner in body.statements if body else ():
        if inner.kind in _KINDS:  # its variables are no part of a query that EXPLAIN could read
            yield DataChange(_KINDS[inner.kind], _table(inner), None)


def _rows(connection: Connection, statement: Statement) -> int | None:
    """Return the planner's estimate; None for a table or column that an earlier statement makes."""
    try:
        return changed_rows(connection, statement.text)
    except DatabaseError:
        return None


def _table(statement: Statement) -> TableName:
    relation = getattr(statement.node, statement.kind).relation
    return TableName(relation.schemaname or "public", relation.relname)
