"""Who reads the tables on a replica, where our ACCESS EXCLUSIVE lock is replayed as well.

The replay waits for such a reader up to `max_standby_streaming_delay`, with all later changes behind it, and then the
replica cancels the reader's query. Weaker locks are not replayed. Called by `migrator.phases.preflight`.
"""

from collections.abc import Iterable, Mapping

from migrator.errors import DatabaseFailed, LockBudgetSpent
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.pg.connection import connect
from migrator.pg.driver import DatabaseError
from migrator.pg.failures import describe
from migrator.pg.obstacles import Obstacle, ObstacleKind, obstacles

_TODO = "Run `migrator resume` when it answers, or take it out of [locks] replicas while it is down."


def replica_obstacles(
    dsns: Mapping[str, str], locks: Iterable[tuple[TableName, LockLevel]], old_seconds: float
) -> tuple[Obstacle, ...]:
    """Return the old transactions on the replicas that hold something on what is to be locked from all.

    Args:
        dsns: a replica's name -> its connection string.
        locks: what the statement takes on the primary.
        old_seconds: a transaction that is younger is left alone, as on the primary.

    Raises:
        LockBudgetSpent: a replica cannot be asked; nobody has waited for it.
    """
    replayed = [(table, level) for table, level in locks if level is LockLevel.ACCESS_EXCLUSIVE]
    if not replayed:
        return ()
    return tuple(found for name, dsn in dsns.items() for found in _on(name, dsn, replayed, old_seconds))


def _on(name: str, dsn: str, locks: list[tuple[TableName, LockLevel]], old_seconds: float) -> tuple[Obstacle, ...]:
    try:
        connection = connect(dsn, application_name="migrator/observer")
        try:
            found = obstacles(connection, locks, old_seconds)
        finally:
            connection.close()
    except (DatabaseError, DatabaseFailed) as exc:
        failure = exc if isinstance(exc, DatabaseFailed) else describe(exc, "Looking")
        raise LockBudgetSpent(
            f"No lock was asked for: replica {name} cannot be asked. {failure.situation}", _TODO
        ) from exc
    olds = [obstacle for obstacle in found if obstacle.kind is ObstacleKind.TRANSACTION]
    return tuple(Obstacle(ObstacleKind.REPLICA, old.who, f"{old.table} of {name}") for old in olds)
