"""`migrator demo`: the main job on a private server, about a minute, no questions."""

from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import UNKNOWN_OR_FAILED

if TYPE_CHECKING:
    from migrator.sandbox.demo_result import DemoResult


@click.command(cls=Command)
@click.option("--pg-version", type=int, help="PostgreSQL of this major version; the newest by default.")
@click.option("--rows", default=200_000, show_default=True, type=click.IntRange(min=100_000), help="Rows in the table.")
@pass_session
@click.pass_context
def demo(context: click.Context, session: Session, pg_version: int | None, rows: int) -> None:
    """Rename a column under live traffic on a private server, in three phases, and then in the way that breaks things.

    Starts a private primary and replica and removes them again. Exit code 5 if any promise was broken.
    """
    from migrator.cli.running import stop_on_signal
    from migrator.clock import SystemClock
    from migrator.sandbox.demo import Demo

    clock = SystemClock()
    with stop_on_signal(clock.stop, session):
        result = Demo(clock, session.tell, rows=rows, pg_version=pg_version).run()
    session.show(_data(result), lambda: _text(result))
    for promise in result.broken_promises:
        click.echo(f"broken promise: {promise}", err=True)
    context.exit(UNKNOWN_OR_FAILED if result.broken_promises else 0)


def _data(result: "DemoResult") -> dict[str, Any]:
    return {
        "phases": [
            {"name": p.name, "queries": p.queries, "failed": p.failed, "p99_ms": p.p99_ms, "worst_ms": p.worst_ms}
            for p in result.phases
        ],
        "backfill": {
            "rows": result.backfill_rows,
            "paused_seconds": round(result.paused_seconds, 1),
            "pause_reasons": result.pause_reasons,
        },
        "gate": {"closed_reasons": result.closed_reasons},
        "verified": {
            "rows": result.primary.rows,
            "lost": result.primary.lost,
            "different": result.primary.different,
            "replica_different": result.replica.different + result.replica.lost,
        },
        "naive": {"queries": result.naive_queries, "failed": result.naive_failed},
        "seconds": round(result.seconds, 1),
    }


def _text(result: "DemoResult") -> str:
    lines = ["", f"{'phase':<10} {'queries':>9} {'failed':>7} {'p99 ms':>8} {'worst ms':>9}"]
    lines += [f"{p.name:<10} {p.queries:>9,} {p.failed:>7} {p.p99_ms:>8.1f} {p.worst_ms:>9.1f}" for p in result.phases]
    verified, replica = result.primary, result.replica
    return "\n".join(
        [
            *lines,
            "",
            f"backfill: {result.backfill_rows:,} rows, paused {result.paused_seconds:.1f} s on replication lag",
            f"verified: {verified.rows:,} rows, {verified.lost} lost, {verified.different} different",
            f"replica:  {replica.rows:,} rows, {replica.lost} lost, {replica.different} different",
            f"naive rename: {result.naive_failed:,} of {result.naive_queries:,} queries failed",
            f"{result.seconds:.0f} s in all",
        ]
    )
