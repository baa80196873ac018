"""`migrator backfill verify|quarantine|retry-quarantined`: the rows of a backfill, proven, put right, tried again."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import FINDINGS
from migrator.cli.running import load, migration_argument, running

if TYPE_CHECKING:
    from migrator.backfill.verify import Verification

_NAME = click.argument("name", metavar="[NAME]", required=False)
_SHOWN_KEYS = 5


@click.command(cls=Command)
@migration_argument
@_NAME
@click.option(
    "--on", type=click.Choice(["primary", "replica"]), default="primary", show_default=True, help="Where rows are read."
)
@click.option("--replica-dsn", envvar="MIGRATOR_REPLICA_DSN", help="Where the replica is; MIGRATOR_REPLICA_DSN.")
@click.option(
    "--sample",
    type=click.FloatRange(0, 100, min_open=True),
    default=100.0,
    metavar="PCT",
    help="Look at so many percent of the batches: evidence for people, no proof for the gate.",
)
@click.option("--repair", is_flag=True, help="Put rows right that are left or differ.")
@pass_session
@click.pass_context
def verify(
    context: click.Context,
    session: Session,
    migration_id: str,
    name: str | None,
    on: str,
    replica_dsn: str | None,
    sample: float,
    repair: bool,
) -> None:
    """Count the rows that are left or differ, at the backfill's pace; exit 1 when there are any."""
    from migrator.backfill.verify import How
    from migrator.phases.backfill_proof import prove, replica_session
    from migrator.phases.backfills import requests

    if on == "replica" and not replica_dsn:
        raise click.UsageError("--on replica needs --replica-dsn or MIGRATOR_REPLICA_DSN.")
    how = How(replica_session(replica_dsn) if on == "replica" and replica_dsn else None, sample, is_repair=repair)
    migration = load(session, migration_id)
    with running(session, metrics_port=None, metrics_textfile=None) as engine:
        found = prove(requests(engine.dsn, engine.settings, engine.clock, engine.events, migration, name), how)
    data = {"migration": migration.id, "backfills": [asdict(each) for each in found]}
    session.show(data, lambda: "\n".join(map(_line, found)) or "The migration has no backfill.")
    context.exit(0 if all(each.is_clean for each in found) else FINDINGS)


@click.command(cls=Command)
@click.argument("migration_id", metavar="[ID]", required=False)
@pass_session
def quarantine(session: Session, migration_id: str | None) -> None:
    """List the rows that were set aside because the server refuses them, with its reason."""
    from migrator.phases.backfill_proof import quarantined

    rows = quarantined(session.dsn(), load(session, migration_id).id if migration_id else None)
    session.show({"rows": rows}, lambda: "\n".join(map(_quarantined, rows)) or "No row is set aside.")


@click.command("retry-quarantined", cls=Command)
@migration_argument
@_NAME
@pass_session
@click.pass_context
def retry_quarantined(context: click.Context, session: Session, migration_id: str, name: str | None) -> None:
    """Run the backfill again on the rows that were set aside; exit 1 when the server still refuses any."""
    from migrator.phases.backfill_proof import retry

    migration = load(session, migration_id)
    with running(session, metrics_port=None, metrics_textfile=None) as engine:
        done = retry(engine.dsn, engine.settings, engine.clock, engine.events, migration, name, session.actor)
    data = {"migration": migration.id, "backfills": [asdict(each) for each in done]}
    lines = [f"{each.name}: {each.filled} filled, {each.gone} gone, {each.refused} refused again" for each in done]
    session.show(data, lambda: "\n".join(lines))
    context.exit(FINDINGS if any(each.refused for each in done) else 0)


def _line(found: "Verification") -> str:
    part = f", {found.sample:g} % looked at" if found.sample < 100 else ""  # noqa: PLR2004 percent
    counts = f"{found.remaining} left, {found.different} different, {found.quarantined} set aside"
    repaired = f", {found.repaired} repaired" if found.repaired else ""
    keys = [", ".join(key) for key in found.keys[:_SHOWN_KEYS]]
    more = " …" if len(found.keys) > _SHOWN_KEYS else ""
    where = f"; keys {'; '.join(keys)}{more}" if keys else ""
    where += f"; in {', '.join(found.parts)}" if found.parts else ""
    return f"{found.name}: {found.rows:,} rows{part}, {counts}{repaired}{where}"


def _quarantined(row: dict[str, Any]) -> str:
    part = f" of {row['part']}" if row["part"] else ""
    key, tries = ", ".join(row["key"]), row["attempts"]
    return (
        f"{row['migration']}  {row['name']}: key {key}{part}, tried {tries} times: {row['error']} ({row['sqlstate']})"
    )
