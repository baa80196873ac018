"""`migrator backfill run|status|…`: for scheduled jobs and for operators on any host."""

from pathlib import Path

import click

from migrator.cli import backfill_control, backfill_rows, backfill_status
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
    backfill_status.status,
    backfill_status.history,
    backfill_control.pause,
    backfill_control.resume,
    backfill_control.cancel,
    backfill_control.restart,
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
@click.option("--dry-run", is_flag=True, help="Show the way, the first batch's SQL with its plan and the estimate.")
@metrics_options
@pass_session
def run(
    session: Session,
    migration_id: str,
    name: str | None,
    max_runtime: str | None,
    workers: int | None,
    dry_run: bool,
    metrics_port: int | None,
    metrics_textfile: Path | None,
) -> None:
    """Run the migration's backfills (or one) to their end and prove them."""
    from migrator.cli.deadline import stop_after

    migration = load(session, migration_id)
    if dry_run:
        from migrator.cli.backfill_preview import show_preview

        show_preview(session, migration, name)
        return
    with (
        running(session, metrics_port=metrics_port, metrics_textfile=metrics_textfile) as engine,
        stop_after(engine.clock, max_runtime),
    ):
        outcome = engine.backfill(migration, name, workers)
    rows = backfill_status.read_rows(session, migration.id)
    data = {"migration": migration.id, "state": outcome.after.value, "backfills": rows}
    session.show_change(data, lambda: backfill_status.as_text(rows))
    click.get_current_context().exit(
        0 if all(row["state"] in _ENDED for row in rows if name in (None, row["name"])) else STOPPED
    )


@backfill.command("forget-replica", cls=Command)
@click.argument("replica")
@pass_session
def forget_replica(session: Session, replica: str) -> None:
    """Stop waiting for a replica, or the slot of one, that was taken away on purpose; until it connects again."""
    from migrator.phases.control import forget_replica as forget

    forget(session.dsn(), replica, session.actor)
    session.show_change({"forgotten": replica}, lambda: f"No backfill waits for {replica} until it connects again.")
