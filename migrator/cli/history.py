"""`migrator history`: which phases ran, who ran them, when, for how long, from which commit, and how they ended."""

from typing import TYPE_CHECKING, Any, cast

import click

from migrator.cli.context import Command, Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrator.phases.runs import Run
    from migrator.state.records import AuditRecord
    from migrator.state.store import Store

_COMMIT_LENGTH = 10


@click.command(cls=Command)
@click.argument("migration_id", metavar="[ID]", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="The newest so many.")
@click.option("--phases", "only_phases", is_flag=True, help="One line per phase, without its steps.")
@pass_session
def history(session: Session, migration_id: str | None, limit: int, only_phases: bool) -> None:
    """Show what happened, who did it and when; the newest last.

    --phases shows one line per phase: when, how long, who, from which commit, and how it ended.
    """
    from migrator.pg.connection import connect
    from migrator.phases.runs import runs_of
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    with connect(session.dsn(), application_name="migrator/history") as connection:
        require_installed(connection)
        rows = _recorded(session, Store(connection, session.actor), migration_id)
    runs, newest = runs_of(rows)[-limit:], rows[-limit:]
    lines = [_run(run) for run in runs] if only_phases else [_line(row) for row in newest]
    data = {"events": [_event(row) for row in newest], "runs": [_run_data(run) for run in runs]}
    session.show(data, lambda: "\n".join(lines) or "Nothing has happened yet.")


def _recorded(session: Session, store: "Store", migration_id: str | None) -> "tuple[AuditRecord, ...]":
    """Return the rows of a migration; its folder may be gone, then only the whole id finds them."""
    rows = store.history(migration_id)
    if rows or migration_id is None:
        return rows
    from migrator.phases.folder import find_migration
    from migrator.phases.folder import migration_id as id_of

    return store.history(id_of(find_migration(session.settings.migrations, migration_id)))


def _event(row: "AuditRecord") -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.at,
        "actor": row.actor,
        "db_role": row.db_role,
        "host": row.host,
        "commit": row.commit_sha,
        "action": row.action,
        "migration": row.migration,
        "reason": row.reason,
        "approvers": row.approvers,
        "ci_run_url": row.ci_run_url,
        "detail": row.detail,
    }


def _run_data(run: "Run") -> dict[str, Any]:
    return {
        "migration": run.migration,
        "phase": run.phase,
        "outcome": run.outcome,
        "detail": run.detail,
        "actor": run.actor,
        "host": run.host,
        "commit": run.commit,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "seconds": run.seconds,
    }


def _run(run: "Run") -> str:
    took = f"{run.seconds:.1f} s" if run.seconds is not None else "not ended"
    commit = f", commit {run.commit[:_COMMIT_LENGTH]}" if run.commit else ""
    detail = f": {run.detail}" if run.detail else ""
    when = f"{run.started_at:%Y-%m-%d %H:%M:%S}"
    return f"{when}  {run.actor:<10}  {run.migration}  {run.phase} {run.outcome} ({took}{commit}){detail}"


def _line(row: "AuditRecord") -> str:
    commit = f"  ({row.commit_sha[:_COMMIT_LENGTH]})" if row.commit_sha and row.action == "state.changed" else ""
    return f"{row.at:%Y-%m-%d %H:%M:%S}  {row.actor:<10}  {row.migration or '-'}  {_words(row)}{commit}"


def _forced(detail: "Mapping[str, Any]") -> str:
    names = [str(gate["gate"]) for gate in detail.get("gates") or () if gate.get("forced")]
    return f"  ! with forced gates: {', '.join(names)}" if names else ""


def _words(row: "AuditRecord") -> str:
    detail = cast("Mapping[str, Any]", row.detail)
    if row.action == "state.changed":
        by = f" by plan {detail['plan']}" if detail.get("plan") else ""
        return f"{detail['from']} → {detail['to']}{by}{_forced(detail)}"
    if row.action == "step.decided":
        return f"step.decided: {detail['phase']} {detail['step']} is {detail['decided']}: {detail['reason']}"
    if row.action == "plan.confirmed":
        return f"{detail['phase']} goes on by plan {detail['plan']}"
    if row.action == "gate.forced":
        return f"! gate {detail['gate']} forced, approved by {', '.join(row.approvers or ())}: {detail['reason']}"
    if row.action.startswith("step.") and "seconds" in detail:
        error = f": {detail['error']}" if "error" in detail else ""
        what = f"{detail['phase']} {detail['step']} {row.action.removeprefix('step.')} in {detail['seconds']:.1f} s"
        return f"{what}: {detail['name']}{error}"
    return "  ".join([row.action, *(f"{key}={value}" for key, value in detail.items() if key != "checksum")])
