"""`migrator status` and `migrator overdue`: where everything is, what comes next, what is late."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import FINDINGS

if TYPE_CHECKING:
    from migrator.phases.overview import Overview, RepeatableState

_SECONDS = 2.0


@click.command(cls=Command)
@click.option("--watch", is_flag=True, help="Show it again and again, until Ctrl-C.")
@click.option("--every", default=_SECONDS, show_default=True, type=click.FloatRange(min=0.2), help="Seconds between.")
@pass_session
def status(session: Session, watch: bool, every: float) -> None:
    """Show where every migration is, what comes next, and what is late or failed."""
    if not watch:
        _show(session)
        return
    from migrator.cli.running import stop_on_signal
    from migrator.clock import SystemClock
    from migrator.errors import Stopped

    clock = SystemClock()
    with stop_on_signal(clock.stop, session):
        try:
            while True:
                _show(session, is_cleared=True)
                clock.wait(every, "the next look")
        except Stopped:
            return


def _show(session: Session, *, is_cleared: bool = False) -> None:
    from migrator.pg.connection import connect
    from migrator.phases.overview import overview, repeatables
    from migrator.state.install import require_installed

    with connect(session.dsn(), application_name="migrator/status") as connection:
        require_installed(connection)
        items = overview(session.settings.migrations, connection)
        files = repeatables(session.settings.migrations, connection)
    if is_cleared and not session.is_json:
        click.clear()
    data = {"migrations": [_data(item) for item in items], "repeatables": [_repeatable(file) for file in files]}
    session.show(data, lambda: _text(items, files))


@click.command(cls=Command)
@pass_session
@click.pass_context
def overdue(context: click.Context, session: Session) -> None:
    """Show contracts that are past their date; exit 1 when there are any."""
    from migrator.pg.connection import connect
    from migrator.phases.overview import overview
    from migrator.state.install import require_installed

    with connect(session.dsn(), application_name="migrator/overdue") as connection:
        require_installed(connection)
        late = tuple(item for item in overview(session.settings.migrations, connection) if item.is_overdue)
    session.show({"overdue": [_data(item) for item in late]}, lambda: _text(late, ()) if late else "Nothing is late.")
    context.exit(FINDINGS if late else 0)


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
        "forced": [asdict(force) for force in item.forced],
        "claims": [str(table) for table in item.claims],
        "backfills": [dict(row) for row in item.backfills],
    }


def _repeatable(file: "RepeatableState") -> dict[str, Any]:
    return {"name": file.name, "state": file.state, "applied_at": file.applied_at, "actor": file.actor}


def _text(items: "tuple[Overview, ...]", files: "tuple[RepeatableState, ...]") -> str:
    if not items and not files:
        return "There are no migrations yet: `migrator new --help` makes one."
    lines: list[str] = []
    width = max((len(item.migration) for item in items), default=0)
    for item in items:
        since = f"since {item.since:%Y-%m-%d %H:%M}" if item.since else ""
        due = f"  contract by {item.contract_by}{' OVERDUE' if item.is_overdue else ''}" if item.contract_by else ""
        lines.append(f"{item.migration:<{width}}  {item.state:<11} {since}{due}")
        lines += [f"    failed: {item.failed_step}"] if item.failed_step else []
        lines += [f"    ! gate {force.gate} was {force.words}" for force in item.forced]
        lines += [f"    holds {', '.join(str(table) for table in item.claims)}"] if item.claims else []
        lines += [f"    backfill {_backfill(row)}" for row in item.backfills]
        lines += [f"    next: {item.next_step}"] if item.next_step else []
    for file in files:
        since = f"since {file.applied_at:%Y-%m-%d %H:%M}" if file.applied_at else ""
        lines.append(f"{file.name:<{width}}  {file.state:<11} {since}")
        lines += ["    next: migrator expand --all"] if file.state in {"new", "changed"} else []
    return "\n".join(lines)


def _backfill(row: Any) -> str:  # noqa: ANN401 a row of the database
    estimate = f" of about {row['rows_estimate']:,}" if row["rows_estimate"] else ""
    pause = row["operator_pause"] or row["throttled_by"]
    return f"{row['name']}: {row['state']}, {row['rows_done']:,} rows{estimate}" + (
        f", waits: {pause}" if pause else ""
    )
