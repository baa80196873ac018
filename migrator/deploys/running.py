"""Which code may run now, by what deploy systems recorded and by heartbeats: what a contract must not break.

Asked by the coupling check. A record is what was asked for, a heartbeat what is there: either is reason enough to
look at that code, so both count, and so does a rollout that was begun or broke off.
"""

from dataclasses import dataclass
from datetime import datetime

from migrator.pg.driver import Connection
from migrator.pg.failures import translated
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class RunningVersion:
    """A version of a service that may run."""

    service: str
    version: str
    how: str
    """`finished`, `started` or `failed` for a recorded deploy, `alive` for a heartbeat."""
    at: datetime
    commit: str | None
    """As it was recorded or published; None when nobody told it."""


def running_versions(connection: Connection) -> tuple[RunningVersion, ...]:
    """Return every version that may run of any service that works on this database.

    Raises:
        DatabaseFailed: it cannot be read.
    """
    with translated("Reading what is deployed"):
        rows = connection.execute(query("deploys.running", "migrator.deploys")).fetchall()
    return tuple(RunningVersion(r["service"], r["version"], r["how"], r["at"], r["commit_sha"]) for r in rows)
