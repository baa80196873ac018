"""Looking after the rows of backfills: proof on any server, repair, and rows that were set aside."""

from collections.abc import Callable
from functools import partial

from migrator.backfill.quarantine import Retried, retry_quarantined
from migrator.backfill.request import BackfillRequest
from migrator.backfill.verify import How, Verification, verify
from migrator.clock import Clock
from migrator.config import Settings
from migrator.events import Events
from migrator.pg.connection import connect
from migrator.pg.driver import Connection, Row
from migrator.phases import backfills
from migrator.phases.folder import Migration
from migrator.state import quarantine
from migrator.state.install import require_installed
from migrator.state.store import Store


def prove(asked: tuple[BackfillRequest, ...], how: How) -> tuple[Verification, ...]:
    """Verify the backfills, one after the other.

    Raises:
        NotYet: one has not ended, or the replica is behind.
    """
    return tuple(verify(request, how) for request in asked)


def replica_session(dsn: str) -> Callable[[], Connection]:
    """Return what opens a session to the replica that is read."""
    return partial(connect, dsn, application_name="migrator/verify")


def retry(
    dsn: str, settings: Settings, clock: Clock, events: Events, migration: Migration, name: str | None, actor: str
) -> tuple[Retried, ...]:
    """Run the backfills on the rows that are set aside, and record in the audit who asked for it."""
    with connect(dsn, application_name="migrator/control") as connection:
        require_installed(connection)
        Store(connection, actor).audit("backfill.quarantine_retried", migration.id, {"name": name})
    return tuple(
        retry_quarantined(request) for request in backfills.requests(dsn, settings, clock, events, migration, name)
    )


def quarantined(dsn: str, migration: str | None) -> list[Row]:
    """Return the rows that are set aside, of one migration or of all."""
    with connect(dsn, application_name="migrator/status") as connection:
        require_installed(connection)
        return quarantine.listed(connection, migration)
