"""The planner's estimate of how many rows a statement changes; the statement itself is not run."""

from typing import Any, cast

from migrator.pg.driver import Connection
from migrator.pg.queries import query

_PATIENCE = "500ms"
"""EXPLAIN takes the statement's lock on the table, and must not wait behind DDL."""


def changed_rows(connection: Connection, text: str) -> int:
    """Return about how many rows an UPDATE, DELETE or MERGE would change.

    Raises:
        DatabaseError: it cannot be planned now: a table or column is not there, or locked.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION READ ONLY")
        for name in ("lock_timeout", "statement_timeout"):
            connection.execute(query("session.set_local"), {"name": name, "value": _PATIENCE})
        row = connection.execute(b"EXPLAIN (FORMAT JSON) " + text.encode()).fetchone() or {}
    plan = cast("dict[str, Any]", next(iter(row.values()))[0]["Plan"])
    parts = cast("list[dict[str, Any]]", plan.get("Plans", []))
    return round(sum(float(part["Plan Rows"]) for part in parts if part.get("Parent Relationship") == "Outer"))
