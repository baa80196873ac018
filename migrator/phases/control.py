"""What operators ask of backfills from any host, with the audit row in the same transaction."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from migrator.backfill import control
from migrator.backfill.control import Targets
from migrator.pg.connection import Connection, connect
from migrator.state.install import require_installed
from migrator.state.store import Store


def pause_backfill(dsn: str, target: str, name: str | None, actor: str, reason: str) -> Targets:
    """Pause one backfill or all of a migration; return which.

    Raises:
        InputError: no such backfill has begun.
    """
    with _changing(dsn) as connection:
        targets = control.find(connection, target, name)
        control.pause(connection, targets, actor, reason)
        _audit(connection, actor, "backfill.paused", targets, reason=reason)
    return targets


def resume_backfill(dsn: str, target: str, name: str | None, actor: str) -> Targets:
    """Let paused or cancelled backfills go on; return which.

    Raises:
        InputError: no such backfill has begun.
    """
    with _changing(dsn) as connection:
        targets = control.find(connection, target, name)
        control.resume(connection, targets)
        _audit(connection, actor, "backfill.resumed", targets)
    return targets


def cancel_backfill(dsn: str, target: str, name: str | None, actor: str, reason: str) -> Targets:
    """End the runs of one backfill or of all of a migration; return which.

    Raises:
        InputError: no such backfill has begun.
    """
    with _changing(dsn) as connection:
        targets = control.find(connection, target, name)
        control.cancel(connection, targets, actor, reason)
        _audit(connection, actor, "backfill.cancelled", targets, reason=reason)
    return targets


def restart_backfill(dsn: str, target: str, name: str | None, actor: str, reason: str) -> Targets:
    """Let one backfill or all of a migration begin again from the first key; return which.

    Raises:
        InputError: no such backfill has begun, or one has ended or is being worked on.
    """
    with _changing(dsn) as connection:
        targets = control.find(connection, target, name)
        control.restart(connection, targets)
        _audit(connection, actor, "backfill.restarted", targets, reason=reason)
    return targets


def change_backfill(
    dsn: str, target: str, name: str | None, actor: str, values: Mapping[str, str]
) -> tuple[Targets, Mapping[str, Mapping[str, object]]]:
    """Set what backfills run by; return which they are, and all that is set for each.

    Raises:
        InputError: no such backfill has begun, or no such setting or value.
    """
    with _changing(dsn) as connection:
        targets = control.find(connection, target, name)
        params = control.change(connection, targets, values)
        _audit(connection, actor, "backfill.changed", targets, values=dict(values))
    return targets, params


def panic_backfills(dsn: str, actor: str, reason: str, *, is_end: bool = False) -> None:
    """Stop every backfill of the database, or let them run again.

    Raises:
        InputError: there is no panic to end.
    """
    with _changing(dsn) as connection:
        if is_end:
            control.calm(connection)
        else:
            control.panic(connection, actor, reason)
        action = "backfill.panic_ended" if is_end else "backfill.panic"
        Store(connection, actor).audit(action, None, {"reason": reason})


def forget_replica(dsn: str, name: str, actor: str) -> None:
    """Let no backfill of this database wait for a replica that was taken away on purpose."""
    with _changing(dsn) as connection:
        control.forget_replica(connection, name, actor)
        Store(connection, actor).audit("replica.forgotten", None, {"name": name})


@contextmanager
def _changing(dsn: str) -> Generator[Connection]:
    """Give a session inside a transaction that holds the change and its audit row."""
    with connect(dsn, application_name="migrator/control") as connection:
        require_installed(connection)
        with connection.transaction():
            yield connection


def _audit(connection: Connection, actor: str, action: str, targets: Targets, **detail: object) -> None:
    Store(connection, actor).audit(action, targets.migration, {"names": list(targets.names), **detail})
