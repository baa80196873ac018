"""Asks the database a question that a person has written: read-only, and for a second at most.

Used by the throttles `query` and `critical-load`.
"""

from dataclasses import dataclass

from migrator.pg.driver import Connection, tuple_row
from migrator.pg.queries import query

_TIMEOUT = "1s"


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """What it said: `is_true` is None for no row, NULL, or something that is no boolean."""

    is_true: bool | None
    words: str = ""
    """The second column, if there is one."""


def ask(connection: Connection, question: str) -> QueryAnswer:
    """Return the first row's first column as a boolean.

    Raises:
        DatabaseError: the server refused it, or it took too long.
    """
    with connection.transaction():
        connection.execute(query("signals.begin_asking", "migrator.backfill"), {"timeout": _TIMEOUT})
        # By place: two columns without a name would be one key of a dictionary.
        cursor = connection.cursor(row_factory=tuple_row).execute(question.encode())
        row = cursor.fetchone() if cursor.description else None
    values = row or (None,)
    first = values[0] if isinstance(values[0], bool) else None
    return QueryAnswer(first, str(values[1]) if len(values) > 1 and values[1] is not None else "")
