"""verify.sql: SELECTs that must return no row; each row that comes is something that is not as it should be."""

from dataclasses import dataclass

from migrator.errors import ManifestError, Refused
from migrator.pg.driver import Connection
from migrator.pg.failures import translated
from migrator.phases.folder import Migration

_ROWS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A query of verify.sql that returned rows: the first few of them."""

    line: int
    query: str
    rows: tuple[str, ...]


def run_verify(connection: Connection, migration: Migration) -> tuple[Discrepancy, ...]:
    """Run every SELECT in a read-only transaction; return those that found something.

    Raises:
        ManifestError: a statement is not a SELECT.
        DatabaseFailed: a query fails.
    """
    found: list[Discrepancy] = []
    for statement in migration.statements("verify"):
        if statement.kind != "select_stmt":
            raise ManifestError(
                f"verify.sql:{statement.line} of {migration.id} is not a SELECT.", "Only SELECTs can be there."
            )
        with translated(f"verify.sql:{statement.line}"), connection.transaction():
            connection.execute("SET TRANSACTION READ ONLY")
            rows = connection.execute(statement.text.encode()).fetchmany(_ROWS_SHOWN)
        if rows:
            found.append(Discrepancy(statement.line, statement.text, tuple(str(dict(row)) for row in rows)))
    return tuple(found)


def require_verified(connection: Connection, migration: Migration) -> None:
    """Raise when verify.sql finds something.

    Raises:
        Refused: the rows are in the message and the details.
    """
    found = run_verify(connection, migration)
    if found:
        first = found[0]
        raise Refused(
            f"verify.sql:{first.line} of {migration.id} returned rows, the first being {first.rows[0]}.",
            "Repair the data, then run `migrator resume`.",
            rows=[row for item in found for row in item.rows],
        )
