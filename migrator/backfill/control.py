"""What an operator can do with backfills from any host that reaches the database; the CLI calls these.

A running backfill looks between batches: a pause takes effect within one batch.
"""

from migrator.errors import InputError
from migrator.pg.driver import Connection, Row
from migrator.pg.failures import translated
from migrator.state import backfills


def pause(connection: Connection, migration: str, name: str | None, actor: str, reason: str = "") -> tuple[str, ...]:
    """Pause one backfill, or all of the migration without a name; return the names.

    Raises:
        InputError: no such backfill has begun.
    """
    words = f"{actor}: {reason}" if reason else actor
    with translated("Pausing the backfill"):
        return _found(backfills.set_operator_pause(connection, migration, name, words), migration, name)


def resume(connection: Connection, migration: str, name: str | None) -> tuple[str, ...]:
    """Let paused backfills go on; return the names. It starts no runner: `migrator backfill run` does.

    Raises:
        InputError: no such backfill has begun.
    """
    with translated("Resuming the backfill"):
        return _found(backfills.set_operator_pause(connection, migration, name, None), migration, name)


def status(connection: Connection, migration: str | None = None) -> list[Row]:
    """Return one row per backfill: all columns of `migrator.backfill` and `heartbeat_age_seconds`."""
    with translated("Reading the backfills"):
        return list(backfills.status(connection, migration))


def forget_replica(connection: Connection, name: str, actor: str) -> None:
    """Record that a replica (or the slot of one) was taken away on purpose, so that backfills do not wait for it."""
    with translated(f"Forgetting replica {name}"):
        backfills.forget_replica(connection, name, actor)


def _found(names: tuple[str, ...], migration: str, name: str | None) -> tuple[str, ...]:
    if not names:
        what = f"backfill {name}" if name else "backfill"
        raise InputError(
            f"{migration} has no {what} that has begun.", "See `migrator backfill status` for their names."
        )
    return names
