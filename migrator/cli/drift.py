"""`migrator drift`: what changed in the catalog outside of migrations."""

from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import FINDINGS
from migrator.errors import InputError

if TYPE_CHECKING:
    from migrator.phases.drift import Difference, DriftReport


@click.command(cls=Command)
@click.option("--record", "is_recorded", is_flag=True, help="Take the catalog as it is now as right; needs --reason.")
@click.option("--reason", help="Why it is right; kept in the history.")
@pass_session
@click.pass_context
def drift(context: click.Context, session: Session, is_recorded: bool, reason: str | None) -> None:
    """Show what changed in the catalog outside of migrations; exit 1 when something did.

    Compares tables, columns, indexes, constraints, triggers, policies, views, functions, types and sequences, who owns
    and may use them, statistics objects and targets, replica identities and publications with the snapshot that every
    change of state takes of what it touches. Comments are left out: nothing behaves otherwise for them. Without a
    snapshot it refuses: nobody knows.
    """
    if is_recorded is not bool(reason):
        raise InputError("--record and --reason belong together.", "Say why the catalog is right as it is.")
    from migrator.pg.connection import connect
    from migrator.phases import drift as drifts
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    with connect(session.dsn(), application_name="migrator/drift") as connection:
        require_installed(connection)
        if reason:
            number = drifts.record(Store(connection, session.actor), reason)
            session.show_change({"recorded": number}, lambda: f"Recorded {number} objects as they are.")
            return
        report = drifts.drift(connection)
    session.show(_data(report), lambda: _text(report))
    context.exit(0 if report.is_clean else FINDINGS)


def _data(report: "DriftReport") -> dict[str, Any]:
    return {
        "snapshot": {"at": report.recorded_at, "actor": report.recorded_by, "reason": report.reason},
        "drift": [_difference(item) for item in report.differences],
        "under_way": [_difference(item) for item in report.under_way],
        "unknown": [str(owner) for owner in report.unknown],
    }


def _difference(item: "Difference") -> dict[str, Any]:
    return {
        "change": item.change,
        "kind": item.object.kind,
        "object": str(item.object),
        "table": f"{item.object.owner_schema}.{item.object.owner_name}",
        "before": item.before,
        "after": item.after,
    }


def _text(report: "DriftReport") -> str:
    since = f"since {report.recorded_at:%Y-%m-%d %H:%M} ({report.reason}, {report.recorded_by})"
    lines = [f"{item.change:<7}  {item.object}{_change(item)}" for item in report.differences]
    lines += [f"{item.change:<7}  {item.object} (by a migration under way)" for item in report.under_way]
    if report.unknown:
        number = len(report.unknown)
        lines.append(f"unknown  owners, privileges, publications of {number} objects that an older version recorded:")
        lines.append("         look at them, then `migrator drift --record --reason …` takes them as they are")
    end = "Nothing changed outside of migrations" if report.is_clean else "Changed outside of migrations"
    return "\n".join([*lines, f"{end} {since}."])


def _change(item: "Difference") -> str:
    if item.change != "changed" or "\n" in f"{item.before}{item.after}":
        return ""
    return f"\n         was: {item.before}\n         now: {item.after}"
