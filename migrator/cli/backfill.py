"""`migrator backfill run|status|…`: for scheduled jobs and for operators on any host."""

from pathlib import Path
from typing import Any

import click

from migrator.cli import backfill_control, backfill_rows
from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import STOPPED
from migrator.cli.running import load, metrics_options, migration_argument, running

_NAME = click.argument("name", metavar="[NAME]", required=False)


_ENDED = ("finished", "verified")
"""Finished and not verified: another process runs the same backfill, and proves it."""


@click.group()
def backfill() -> None:
    """Run, watch, pause and resume backfills."""


for _command in (
    backfill_control.pause,
    backfill_control.resume,
    backfill_control.cancel,
    backfill_control.change,
    backfill_control.panic,
    backfill_rows.verify,
    backfill_rows.quarantine,
    backfill_rows.retry_quarantined,
):
    backfill.add_command(_command)


@backfill.command(cls=Command)
@migration_argument
@_NAME
@click.option("--max-runtime", help="Stop resumably after so long (50m, 2h): exit code 75 when work is left.")
@click.option("--workers", type=click.IntRange(1, 64), help="Sessions that work at once; more processes add theirs.")
@metrics_options
@pass_session
@click.pass_context
def run(
    context: click.Context,
    session: Session,
    migration_id: str,
    name: str | None,
    max_runtime: str | None,
    workers: int | None,
    metrics_port: int | None,
    metrics_textfile: Path | None,
) -> None:
    """Run the migration's backfills (or one) to their end and prove them."""
    from migrator.cli.deadline import stop_after

    migration = load(session, migration_id)
    with (
        running(session, metrics_port=metrics_port, metrics_textfile=metrics_textfile) as engine,
        stop_after(engine.clock, max_runtime),
    ):
        outcome = engine.backfill(migration, name, workers)
    rows = _rows(session, migration.id)
    data = {"migration": migration.id, "state": outcome.after.value, "backfills": rows}
    session.show(data, lambda: _text(rows))
    context.exit(0 if all(row["state"] in _ENDED for row in rows if name in (None, row["name"])) else STOPPED)


@backfill.command(cls=Command)
@click.argument("migration_id", metavar="[ID]", required=False)
@pass_session
def status(session: Session, migration_id: str | None) -> None:
    """Show every backfill: progress, pace, and why it waits."""
    rows = _rows(session, load(session, migration_id).id if migration_id else None)
    session.show({"backfills": rows}, lambda: _text(rows))


@backfill.command("forget-replica", cls=Command)
@click.argument("replica")
@pass_session
def forget_replica(session: Session, replica: str) -> None:
    """Stop waiting for a replica, or the slot of one, that was taken away on purpose; until it connects again."""
    from migrator.phases.control import forget_replica as forget

    forget(session.dsn(), replica, session.actor)
    session.show({"forgotten": replica}, lambda: f"No backfill waits for {replica} until it connects again.")


def _rows(session: Session, migration: str | None) -> list[dict[str, Any]]:
    from migrator.backfill.control import status as read
    from migrator.pg.connection import connect
    from migrator.state.install import require_installed

    with connect(session.dsn(), application_name="migrator/status") as connection:
        require_installed(connection)
        return read(connection, migration)


def _text(rows: list[dict[str, Any]]) -> str:
    return "\n".join(_line(row) for row in rows) or "No backfill has begun."


def _line(row: dict[str, Any]) -> str:
    estimate = f"/{row['rows_estimate']:,}" if row["rows_estimate"] else ""
    cancelled = row["cancelled"] and f"cancelled by {row['cancelled']}"
    waits = cancelled or row["operator_pause"] or row["throttled_by"]
    age = row["heartbeat_age_seconds"]
    seen = f", last sign of life {age:.0f} s ago" if age is not None and row["state"] == "running" else ""
    why = f", waits: {waits}" if waits else ""
    hands = f", {row['workers']} workers" if row["workers"] > 1 else ""
    aside = f", {row['quarantined']} set aside (`migrator backfill quarantine`)" if row["quarantined"] else ""
    done = f"{row['rows_done']:,}{estimate} rows"
    return f"{row['migration']}  {row['name']}: {row['state']}, {done}{hands}{aside}{seen}{why}"
