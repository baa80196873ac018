"""`[locks]`: how long statements may wait for their locks and hold them, and what may be done to who is in the way."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field

from migrator.config.duration import Duration
from migrator.config.section import Section
from migrator.errors import ConfigError


class LockSettings(Section):
    """How long strong statements may try to get their locks."""

    budget: Duration = timedelta(minutes=15)
    """All attempts of one step together, with the wait before the first."""
    longest_wait: Duration = Field(default=timedelta(seconds=2), gt=timedelta(0), le=timedelta(seconds=5))
    """The longest single `lock_timeout`, 5s at most; while it runs, queries queue behind us."""
    statement_timeout: Duration = timedelta(seconds=5)
    """The longest run of a statement that blocks readers or writers, once it has its lock."""
    transaction_timeout: Duration = timedelta(seconds=10)
    """The longest transaction of a step that blocks readers or writers (server 17 and later; before, how long it may
    stand idle)."""
    old_transaction: Duration = timedelta(seconds=5)
    """A transaction that is older and holds a lock in the way is waited for before the first attempt."""
    old_snapshot: Duration = timedelta(minutes=10)
    """CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY wait for every snapshot in the database; they do not begin
    while one is older than this."""
    on_old_snapshot: Literal["refuse", "wait"] = "refuse"
    """Refuse such a step while an old snapshot is there, or wait for its end, at most as long as `weak_watchdog`."""
    on_blocked: Literal["wait", "cancel", "terminate"] = "wait"
    """Wait for sessions in the way, or end what those do that the next settings allow; each one is told in the audit.
    `terminate` also ends their sessions by the age of the transaction, whatever they do."""
    cancel_applications: tuple[str, ...] = ()
    """`application_name`s whose sessions may be cancelled; `*` stands for any text."""
    cancel_roles: tuple[str, ...] = ()
    """Roles whose sessions may be cancelled; `*` stands for any text."""
    cancel_idle_after: Duration = timedelta(seconds=30)
    """A session that is idle in a transaction for longer may be ended."""
    cancel_query_after: Duration = timedelta(minutes=5)
    """A query that runs for longer may be cancelled."""
    terminate_after: Duration = timedelta(minutes=10)
    """With `on_blocked = "terminate"`: a session whose transaction is older may be ended."""
    replicas: Mapping[str, str] = Field(default_factory=dict[str, str])
    """A replica's name -> the environment variable with its connection string. A transaction there that is older than
    `old_transaction` and reads a table is waited for before the first attempt at ACCESS EXCLUSIVE on it: the replica
    would stand still behind it, and then cancel its query."""
    weak_watchdog: Duration = timedelta(hours=4)
    """The longest run of a statement that blocks nobody, such as CREATE INDEX CONCURRENTLY."""
    runner_wait: Duration = timedelta(seconds=15)
    """How long to wait for another runner's lock before giving up."""

    def replica_dsns(self) -> dict[str, str]:
        """Return a replica's name -> its connection string.

        Raises:
            ConfigError: one of the variables is not set.
        """
        missing = [variable for variable in self.replicas.values() if not os.environ.get(variable)]
        if missing:
            situation = f"The environment variable {missing[0]} of [locks] replicas is not set."
            raise ConfigError(situation, "Set it, or take the replica out.")
        return {name: os.environ[variable] for name, variable in self.replicas.items()}
