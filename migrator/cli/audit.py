"""`migrator audit …`: what happened, as a chain of hashes that shows whether somebody changed it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import FINDINGS

if TYPE_CHECKING:
    from migrator.audit.chain import AuditRow, Verified

_SHORT = 12


@click.group()
def audit() -> None:
    """Show, export and verify the record of everything that happened."""


@audit.command(cls=Command)
@click.option("-n", "count", default=20, show_default=True, type=click.IntRange(min=1), help="The newest so many.")
@pass_session
def tail(session: Session, count: int) -> None:
    """Show the newest rows of the audit, with their place in the chain."""
    from migrator.audit.export import as_event
    from migrator.audit.rows import tail as newest
    from migrator.pg.connection import connect
    from migrator.state.install import require_installed

    with connect(session.dsn(), application_name="migrator/audit") as connection:
        require_installed(connection)
        rows = newest(connection, count)
    data = {"events": [as_event(row) for row in rows]}
    session.show(data, lambda: "\n".join(map(_line, rows)) or "Nothing has happened yet.")


def _line(row: "AuditRow") -> str:
    reason = f": {row.reason}" if row.reason else ""
    where = f"{row.seq}:{row.hash[:_SHORT]}"
    return (
        f"{row.told_at[:19].replace('T', ' ')}  {where}  {row.actor:<10}  {row.migration or '-'}  {row.action}{reason}"
    )


@audit.command(cls=Command)
@click.option("--since", metavar="TIME", help="From then on: 2026-11-01, 2026-11-01T12:00:00Z, or 7d for a week.")
@click.option("--format", "format_", type=click.Choice(["jsonl"]), default="jsonl", help="One JSON document per line.")
@pass_session
def export(session: Session, since: str | None, format_: str) -> None:  # noqa: ARG001 the only format so far
    """Write the audit as JSON lines, oldest first, complete enough for `audit verify --against`."""
    from migrator.audit.export import lines, moment
    from migrator.audit.rows import rows
    from migrator.clock import SystemClock
    from migrator.pg.connection import connect
    from migrator.state.install import require_installed

    begin = moment(since, SystemClock().now()) if since else None
    with connect(session.dsn(), application_name="migrator/audit") as connection:
        require_installed(connection)
        for line in lines(rows(connection, begin)):
            click.echo(line)


@audit.command(cls=Command)
@click.option(
    "--against",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An export that was kept elsewhere; repeatable.",
)
@click.option("--tip", "tips", multiple=True, metavar="SEQ:HASH", help="What a run printed at its end; repeatable.")
@pass_session
def verify(session: Session, against: tuple[Path, ...], tips: tuple[str, ...]) -> int:
    """Prove that no row of the audit was changed, moved or taken away; exit 1 when one was.

    The chain alone cannot show that its newest rows are gone: give a tip or an export that was kept elsewhere.
    """
    from migrator.audit.chain import read_tip
    from migrator.audit.chain import verify as prove
    from migrator.audit.export import kept_in
    from migrator.audit.rows import rows
    from migrator.pg.connection import connect
    from migrator.state.install import require_installed

    kept = [tip for file in against for tip in kept_in(file)] + [read_tip(text) for text in tips]
    with connect(session.dsn(), application_name="migrator/audit") as connection:
        require_installed(connection)
        result = prove(rows(connection), kept)
    data = {
        "whole": not result.breaks,
        "rows": result.rows,
        "tip": str(result.tip) if result.tip else None,
        "compared_with": len(kept),
        "breaks": [asdict(found) for found in result.breaks],
    }
    session.show(data, lambda: _verdict(result, len(kept)))
    return FINDINGS if result.breaks else 0


def _verdict(result: "Verified", kept: int) -> str:
    if result.breaks:
        lines = [f"row {found.seq}: {found.problem}" for found in result.breaks]
        return "\n".join([*lines, f"The chain is broken: {len(result.breaks)} findings in {result.rows} rows."])
    compared = f"; {kept} rows kept elsewhere are there" if kept else "; nothing kept elsewhere was compared"
    return f"The chain is whole: {result.rows} rows{compared}. Tip: {result.tip or 'none'}"
