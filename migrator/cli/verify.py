"""`migrator verify ID`: verify.sql and a full comparison of the backfilled rows; changes nothing but the counts."""

from typing import TYPE_CHECKING

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import FINDINGS
from migrator.cli.running import load, metrics_options, migration_argument, running

if TYPE_CHECKING:
    from pathlib import Path

    from migrator.phases.engine import Proof


@click.command(cls=Command)
@migration_argument
@metrics_options
@pass_session
@click.pass_context
def verify(
    context: click.Context,
    session: Session,
    migration_id: str,
    metrics_port: int | None,
    metrics_textfile: "Path | None",
) -> None:
    """Run verify.sql and count rows that are left or differ; exit 1 when anything is found."""
    migration = load(session, migration_id)
    with running(session, metrics_port=metrics_port, metrics_textfile=metrics_textfile) as engine:
        proof = engine.verify(migration)
    data = {
        "migration": migration.id,
        "queries": [{"line": item.line, "query": item.query, "rows": list(item.rows)} for item in proof.discrepancies],
        "backfills": [
            {"name": c.name, "rows": c.rows, "remaining": c.remaining, "different": c.different} for c in proof.counts
        ],
    }
    session.show_change(data, lambda: _text(proof))
    context.exit(0 if proof.is_clean else FINDINGS)


def _text(proof: "Proof") -> str:
    lines = [f"verify.sql:{item.line} returned rows: {'; '.join(item.rows)}" for item in proof.discrepancies]
    lines += [f"backfill {c.name}: {c.rows:,} rows, {c.remaining} left, {c.different} different" for c in proof.counts]
    return "\n".join(lines) or "There is nothing to verify: no verify.sql and no backfill."
