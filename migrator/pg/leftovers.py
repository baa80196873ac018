"""What stands in the catalog that a migration should have taken away: invalid indexes, our triggers, our functions.

Reads only; whose they are, and what to do, is decided by `migrator.phases.differences`.
"""

from dataclasses import dataclass

from migrator.names import TableName, quote
from migrator.pg.driver import Connection
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class Leftover:
    """One object; `table` is the bare name of the table that it stands on, empty for a function."""

    kind: str
    schema: str
    name: str
    table: str
    removal: str
    """The statement that takes it away."""
    is_used: bool = False
    """Whether something else in the catalog needs it."""

    def __str__(self) -> str:
        """Return `trigger zz_migrator_x_i on public.users`."""
        if self.kind == "trigger":
            return f"trigger {quote(self.name)} on {TableName(self.schema, self.table)}"
        return f"{self.kind} {TableName(self.schema, self.name)}"


def invalid_indexes(connection: Connection) -> tuple[Leftover, ...]:
    """Return the indexes that are INVALID and that nobody is building."""
    rows = connection.execute(query("leftovers.invalid_indexes"))
    return tuple(
        Leftover(
            "index",
            row["schema"],
            row["name"],
            row["table"],
            f"DROP INDEX CONCURRENTLY {TableName(row['schema'], row['name'])}",
        )
        for row in rows
    )


def our_triggers(connection: Connection) -> tuple[Leftover, ...]:
    """Return the triggers that recipes made, on whatever table."""
    rows = connection.execute(query("leftovers.triggers"))
    return tuple(_trigger(TableName(row["schema"], row["table"]), row["name"]) for row in rows)


def _trigger(table: TableName, name: str) -> Leftover:
    return Leftover("trigger", table.schema, name, table.name, f"DROP TRIGGER {quote(name)} ON {table}")


def our_functions(connection: Connection) -> tuple[Leftover, ...]:
    """Return the functions that recipes made for their triggers."""
    rows = connection.execute(query("leftovers.functions"))
    return tuple(
        Leftover("function", "migrator", row["name"], "", f"DROP FUNCTION {row['signature']}", row["is_used"])
        for row in rows
    )
