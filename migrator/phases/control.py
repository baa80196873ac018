"""Pausing and resuming backfills from any host, with the audit row in the same transaction."""

from migrator.backfill import control
from migrator.pg.connection import connect
from migrator.state.install import require_installed
from migrator.state.store import Store


def pause_backfill(dsn: str, migration: str, name: str | None, actor: str, reason: str) -> tuple[str, ...]:
    """Pause one backfill or all of a migration; return their names.

    Raises:
        InputError: no such backfill has begun.
    """
    with connect(dsn, application_name="migrator/control") as connection:
        require_installed(connection)
        with connection.transaction():
            names = control.pause(connection, migration, name, actor, reason)
            Store(connection, actor).audit("backfill.paused", migration, {"names": list(names), "reason": reason})
    return names


def resume_backfill(dsn: str, migration: str, name: str | None, actor: str) -> tuple[str, ...]:
    """Let paused backfills go on; return the names.

    Raises:
        InputError: no such backfill has begun.
    """
    with connect(dsn, application_name="migrator/control") as connection:
        require_installed(connection)
        with connection.transaction():
            names = control.resume(connection, migration, name)
            Store(connection, actor).audit("backfill.resumed", migration, {"names": list(names)})
    return names


def forget_replica(dsn: str, name: str, actor: str) -> None:
    """Let no backfill of this database wait for a replica that was taken away on purpose."""
    with connect(dsn, application_name="migrator/control") as connection:
        require_installed(connection)
        with connection.transaction():
            control.forget_replica(connection, name, actor)
            Store(connection, actor).audit("replica.forgotten", None, {"name": name})
