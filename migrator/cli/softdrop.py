"""`migrator softdrop on|off`: keep what the contract removes from applications, reversibly."""

from typing import TYPE_CHECKING

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.running import load, migration_argument

if TYPE_CHECKING:
    from migrator.phases.soft_drop import Reader
    from migrator.state.soft_drops import SoftDrop


@click.group()
def softdrop() -> None:
    """Keep what a contract removes from applications."""


@softdrop.command(cls=Command)
@migration_argument
@click.option("--role", help="Only from this role, as a canary.")
@click.option("--auto-restore", is_flag=True, help="Watch, and give everything back when somebody misses it.")
@click.option("--for", "watched", default="24h", show_default=True, help="How long --auto-restore watches.")
@pass_session
def on(session: Session, migration_id: str, role: str | None, auto_restore: bool, watched: str) -> int:
    """Take the columns from all roles that privileges bind; exit 1 when --auto-restore had to give them back."""
    from migrator.cli.deadline import seconds_of
    from migrator.cli.exits import FINDINGS
    from migrator.cli.running import stop_on_signal
    from migrator.clock import SystemClock
    from migrator.pg.connection import connect
    from migrator.pg.failures import translated
    from migrator.phases.soft_drop import begin_soft_drop, restore_when_missed
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    migration, clock = load(session, migration_id), SystemClock()
    seconds = seconds_of("--for", watched)
    with (
        stop_on_signal(clock.stop, session),
        connect(session.dsn(), application_name="migrator/softdrop") as connection,
        translated("The soft drop"),
    ):
        require_installed(connection)
        store = Store(connection, session.actor)
        found = begin_soft_drop(store, migration, role)
        if auto_restore:
            session.tell(_text(migration.id, found, None))
        reader = restore_when_missed(store, migration, clock, seconds) if auto_restore else None
    unbound = {each.role: each.why for each in found.unbound}
    data = {"migration": migration.id, "role": role, "unbound": unbound, "missed_by": str(reader) if reader else None}
    session.show_change(data, lambda: _text(migration.id, found, reader))
    return FINDINGS if reader else 0


@softdrop.command(cls=Command)
@migration_argument
@click.option("--reason", default="on request", show_default=True, help="Why; kept for ever.")
@pass_session
def off(session: Session, migration_id: str, reason: str) -> None:
    """Give every role exactly what it had."""
    from migrator.pg.connection import connect
    from migrator.pg.failures import translated
    from migrator.phases.soft_drop import end_soft_drop
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    migration = load(session, migration_id)
    with (
        connect(session.dsn(), application_name="migrator/softdrop") as connection,
        translated("Giving back the columns"),
    ):
        require_installed(connection)
        was_on = end_soft_drop(Store(connection, session.actor), migration.id, reason)
    words = "is given back" if was_on else "was kept from nobody"
    session.show_change({"migration": migration.id, "was_on": was_on}, lambda: f"What {migration.id} removes {words}.")


def _text(migration: str, found: "SoftDrop", reader: "Reader | None") -> str:
    if reader is not None:
        return f"Given back at once: what {migration} removes was missed by {reader}"
    whom = f"the role {found.role}" if found.role else "every role that privileges bind"
    unbound = [f"{each.role} can still use it: it {each.why}." for each in found.unbound]
    return "\n".join([f"What {migration} removes is kept from {whom}.", *unbound])
