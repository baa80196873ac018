"""The questions that gate tests ask, and a migration on record to ask them about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from migrator.clock import SystemClock
from migrator.config import Settings
from migrator.gates.gate import GateQuestion
from migrator.pg.connection import Connection
from migrator.pg.driver import Jsonb
from migrator.state.install import install
from migrator.statements.effects import ObjectRef

MIGRATION = "20260901_users_email_to_mail"


def column(name: str, table: str = "users") -> ObjectRef:
    return ObjectRef("column", "public", name, table)


def part(kind: str, name: str, table: str = "users") -> ObjectRef:
    return ObjectRef(kind, "public", name, table)


def thing(kind: str, name: str, schema: str = "public") -> ObjectRef:
    return ObjectRef(kind, schema, name)


def now(connection: Connection) -> datetime:
    row = connection.execute("SELECT clock_timestamp() AS now").fetchone()
    assert row
    return row["now"]


def question(connection: Connection, **values: object) -> GateQuestion:
    """Return a question that asks for nothing, except for what is given."""
    empty = GateQuestion(
        migration=MIGRATION,
        phase="contract",
        connection=connection,
        settings=Settings(),
        removes=(),
        makes=(),
        checksum="checksum-now",
        soak=timedelta(0),
        approvals=0,
        requires={},
        backfills=(),
        owner="team-identity",
        now=now(connection),
    )
    return replace(empty, **values)  # type: ignore[arg-type] the keywords are the fields


def register(connection: Connection, migrated_ago: timedelta | None = None) -> None:
    """Install our schema and record the migration, migrated that long ago by the database's clock."""
    install(connection)
    connection.execute(
        "INSERT INTO migrator.migration (id, state, manifest, migrated_at)"
        " VALUES (%(id)s, 'migrated', %(manifest)s, clock_timestamp() - %(ago)s::interval)",
        {"id": MIGRATION, "manifest": Jsonb({}), "ago": migrated_ago},
    )


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until the server shows it, for half a minute at most."""
    clock = SystemClock()
    deadline = clock.monotonic() + 30
    while not condition():
        assert clock.monotonic() < deadline, f"not within 30 s: {what}"
        clock.wait(0.02, what)
