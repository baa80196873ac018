"""`migrator status` and `migrator history`: where everything is, and what happened."""

from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session

if TYPE_CHECKING:
    from migrator.phases.overview import Overview
    from migrator.state.records import AuditRecord
    from migrator.state.store import Store


@click.command(cls=Command)
@pass_session
def status(session: Session) -> None:
    """Show where every migration is, what comes next, and what is late or failed."""
    from migrator.pg.connection import connect
    from migrator.phases.overview import overview
    from migrator.state.install import require_installed

    with connect(session.dsn(), application_name="migrator/status") as connection:
        require_installed(connection)
        items = overview(session.settings.migrations, connection)
    session.show({"migrations": [_data(item) for item in items]}, lambda: _text(items))


def _data(item: "Overview") -> dict[str, Any]:
    return {
        "id": item.migration,
        "state": item.state,
        "since": item.since,
        "owner": item.owner,
        "contract_by": item.contract_by,
        "overdue": item.is_overdue,
        "next": item.next_step,
        "failed": item.failed_step,
        "backfills": [dict(row) for row in item.backfills],
    }


def _text(items: "tuple[Overview, ...]") -> str:
    if not items:
        return "There are no migrations yet: `migrator new --help` makes one."
    lines: list[str] = []
    width = max(len(item.migration) for item in items)
    for item in items:
        since = f"since {item.since:%Y-%m-%d %H:%M}" if item.since else ""
        due = f"  contract by {item.contract_by}{' OVERDUE' if item.is_overdue else ''}" if item.contract_by else ""
        lines.append(f"{item.migration:<{width}}  {item.state:<11} {since}{due}")
        lines += [f"    failed: {item.failed_step}"] if item.failed_step else []
        lines += [f"    backfill {_backfill(row)}" for row in item.backfills]
        lines += [f"    next: {item.next_step}"] if item.next_step else []
    return "\n".join(lines)


def _backfill(row: Any) -> str:  # noqa: ANN401 a row of the database
    estimate = f" of about {row['rows_estimate']:,}" if row["rows_estimate"] else ""
    pause = row["operator_pause"] or row["throttled_by"]
    return f"{row['name']}: {row['state']}, {row['rows_done']:,} rows{estimate}" + (
        f", waits: {pause}" if pause else ""
    )


@click.command(cls=Command)
@click.argument("migration_id", metavar="[ID]", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="The newest so many.")
@pass_session
def history(session: Session, migration_id: str | None, limit: int) -> None:
    """Show what happened, who did it and when; the newest last."""
    from migrator.pg.connection import connect
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    with connect(session.dsn(), application_name="migrator/history") as connection:
        require_installed(connection)
        rows = _recorded(session, Store(connection, session.actor), migration_id)[-limit:]
    events = [
        {"seq": r.seq, "at": r.at, "actor": r.actor, "db_role": r.db_role, "host": r.host, "action": r.action}
        | {"migration": r.migration, "detail": r.detail}
        for r in rows
    ]
    session.show({"events": events}, lambda: "\n".join(_line(row) for row in rows) or "Nothing has happened yet.")


def _recorded(session: Session, store: "Store", migration_id: str | None) -> "tuple[AuditRecord, ...]":
    """Return the rows of a migration; its folder may be gone, then only the whole id finds them."""
    rows = store.history(migration_id)
    if rows or migration_id is None:
        return rows
    from migrator.phases.folder import find_migration

    return store.history(find_migration(session.settings.migrations, migration_id).name)


def _line(row: "AuditRecord") -> str:
    return f"{row.at:%Y-%m-%d %H:%M:%S}  {row.actor:<10}  {row.migration or '-'}  {_words(row)}"


def _words(row: "AuditRecord") -> str:
    detail = row.detail
    if row.action == "state.changed":
        return f"{detail['from']} → {detail['to']}"
    if row.action.startswith("step."):
        error = f": {detail['error']}" if "error" in detail else ""
        what = f"{detail['phase']} {detail['step']} {row.action.removeprefix('step.')} in {detail['seconds']:.1f} s"
        return f"{what}: {detail['name']}{error}"
    return "  ".join([row.action, *(f"{key}={value}" for key, value in detail.items() if key != "checksum")])
