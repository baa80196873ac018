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


def resume_backfill(
    dsn: str, migration: str, name: str | None, actor: str, forget_replicas: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Let paused backfills go on, and forget replicas that were taken away on purpose; return the names.

    Raises:
        InputError: no such backfill has begun.
    """
    with connect(dsn, application_name="migrator/control") as connection:
        require_installed(connection)
        with connection.transaction():
            names = control.resume(connection, migration, name)
            for replica in forget_replicas:
                control.forget_replica(connection, replica, actor)
            detail = {"names": list(names), "forgotten_replicas": list(forget_replicas)}
            Store(connection, actor).audit("backfill.resumed", migration, detail)
    return names
