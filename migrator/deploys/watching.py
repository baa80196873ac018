"""Reads pg_stat_statements of the primary and of every replica, and records each reading.

Called by the gate `statements`, at the end of migrate, and by `migrator statements record` for schedulers. A replica
that nobody can ask is said: those who read only there would be missed.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.config import Settings
from migrator.errors import MigratorError
from migrator.pg.connection import connect
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.failures import describe
from migrator.pg.statements import Reading, read_statements, replica_names
from migrator.state.statements import known_replicas, record_reading

PRIMARY = "primary"


@dataclass(frozen=True, slots=True)
class Watched:
    """One server's reading: what could not be read, what may be missing, how many statements ran since the last."""

    name: str
    problem: str = ""
    doubts: tuple[str, ...] = ()
    ran: int = 0


def watch_statements(connection: Connection, settings: Settings) -> tuple[Watched, ...]:
    """Read every server and record what it shows.

    Args:
        connection: to the primary, with the right to write our tables.
        settings: `[gates.statements] replicas` says how replicas are reached.

    Raises:
        DatabaseError: the primary refused, or went away.
    """
    found = [_record(connection, PRIMARY, read_statements(connection))]
    names = {*replica_names(connection), *known_replicas(connection), *settings.gates.statements.replicas}
    for environment in settings.env.values():
        names |= set(environment.replicas)
    return (*found, *_replicas(connection, settings, names))


def _replicas(connection: Connection, settings: Settings, names: Iterable[str]) -> list[Watched]:
    """Ask the replicas, then the replicas that follow those."""
    waiting, asked, found = sorted(names), set[str](), list[Watched]()
    while waiting:
        name = waiting.pop(0)
        if name in asked:
            continue
        asked.add(name)
        reading, followers = _ask(name, settings)
        waiting += followers
        found.append(_record(connection, name, reading))
    return found


def _ask(name: str, settings: Settings) -> tuple[Reading, tuple[str, ...]]:
    variable = settings.gates.statements.replicas.get(name)
    if variable is None:
        return Reading(f"is a replica without a connection string; name it in [gates.statements] replicas.{name}"), ()
    dsn = os.environ.get(variable)
    if not dsn:
        return Reading(f"is a replica whose variable {variable} is not set"), ()
    try:
        with connect(dsn, application_name="migrator/statements") as session:
            reading = read_statements(session)
            if not reading.problem and not reading.in_recovery:
                return Reading(f"is no replica: {variable} leads to a primary"), ()
            return reading, replica_names(session)
    except DatabaseError as exc:
        return Reading(f"cannot be read: {describe(exc, 'Reading its statements').situation}"), ()
    except MigratorError as exc:
        return Reading(f"cannot be read: {exc.situation}"), ()


def _record(connection: Connection, name: str, reading: Reading) -> Watched:
    if reading.problem:
        return Watched(name, reading.problem)
    return Watched(name, "", reading.doubts, record_reading(connection, name, reading))
