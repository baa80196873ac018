"""`migrator backfill status|history`: where every backfill is, and what its runs did; only the database is needed."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from migrator.cli.context import Command, Session, pass_session

if TYPE_CHECKING:
    from migrator.backfill.standing import Standing
    from migrator.pg.connection import Connection

_SECONDS = 2.0
_BAR = 24
Row = dict[str, Any]
T = TypeVar("T")


@click.command(cls=Command)
@click.argument("target", metavar="[TARGET]", required=False)
@click.option("--watch", is_flag=True, help="Show it again and again, with rate and time left, until Ctrl-C.")
@click.option("--every", default=_SECONDS, show_default=True, type=click.FloatRange(min=0.2), help="Seconds between.")
@pass_session
def status(session: Session, target: str | None, watch: bool, every: float) -> None:
    """Show every backfill, or those of TARGET: progress, pace, and why it waits.

    TARGET is a migration's id, a part of it, or a backfill's own name.
    """
    if not watch:
        rows, panic = _look(session, target)
        session.show({"backfills": rows, "panic": panic}, lambda: as_text(rows, panic))
        return
    _watch(session, target, every)


@click.command(cls=Command)
@click.argument("target", metavar="[TARGET]", required=False)
@click.option("--last", default=20, show_default=True, type=click.IntRange(min=1), help="How many runs.")
@pass_session
def history(session: Session, target: str | None, last: int) -> None:
    """Show the runs of backfills, the latest first: who, where, which keys, rows, and what they waited for."""
    from migrator.backfill import control
    from migrator.backfill.history import read

    def look(connection: "Connection") -> list[Row]:
        return read(connection, control.find(connection, target).migration if target else None, most=last)

    runs = _ask(session, look)
    session.show({"runs": runs}, lambda: "\n".join(_run_line(run) for run in runs) or "No backfill has run.")


def read_rows(session: Session, migration: str | None) -> list[Row]:
    """Return the rows of one migration's backfills, or of all."""
    from migrator.backfill.control import status as read

    return _ask(session, lambda connection: read(connection, migration))


def as_text(rows: list[Row], panic: str | None = None) -> str:
    """Return one line per backfill."""
    stopped = [f"All backfills were stopped by {panic}; `migrator backfill panic --end` ends this."] if panic else []
    return "\n".join([*stopped, *(_line(row) for row in rows)]) or "No backfill has begun."


def _watch(session: Session, target: str | None, every: float) -> None:
    from migrator.cli.running import stop_on_signal
    from migrator.clock import SystemClock
    from migrator.errors import Stopped

    clock, standings = SystemClock(), dict[tuple[str, str], "Standing"]()
    with stop_on_signal(clock.stop, session):
        try:
            while True:
                rows, panic = _look(session, target)
                for row in rows:
                    _measure(standings, row, clock.monotonic())
                if not session.is_json:
                    click.clear()
                told = [row | _told(standings[row["migration"], row["name"]]) for row in rows]
                session.show({"backfills": told, "panic": panic}, lambda: _watched(rows, standings, panic))  # noqa: B023 called at once
                clock.wait(every, "the next look")
        except Stopped:
            return


def _measure(standings: dict[tuple[str, str], "Standing"], row: Row, now: float) -> None:
    from migrator.backfill.standing import Standing

    key = row["migration"], row["name"]
    is_new = key not in standings
    standing = standings.setdefault(key, Standing(row["name"], started_at=now, measured_at=now))
    standing.keys, standing.total = row["keys_done"], row["rows_estimate"]
    if is_new:
        standing.measured_keys = standing.keys
    standing.measure(now)


def _told(standing: "Standing") -> dict[str, Any]:
    told = {"share": standing.share, "rows_per_second": round(standing.rate, 1)}
    return {**told, "eta_state": standing.eta_state, "eta": standing.eta}


def _watched(rows: list[Row], standings: Mapping[tuple[str, str], "Standing"], panic: str | None) -> str:
    from migrator.backfill.standing import amount

    lines: list[str] = []
    for row in rows:
        standing = standings[row["migration"], row["name"]]
        share = standing.share if row["state"] == "running" else 1.0
        filled = round(_BAR * (share or 0.0))
        bar = f"[{'#' * filled}{'.' * (_BAR - filled)}] {100 * share:5.1f}%" if share is not None else ""
        eta = f"eta {standing.eta}" if standing.eta_state == "ready" else standing.eta_state
        lines += [_line(row), f"  {bar}  {amount(standing.rate)}/s  {eta}" if row["state"] == "running" else f"  {bar}"]
    return "\n".join(filter(None, [as_text([], panic) if panic else "", *lines])) or "No backfill has begun."


def _look(session: Session, target: str | None) -> tuple[list[Row], str | None]:
    from migrator.backfill import control

    def look(connection: "Connection") -> tuple[list[Row], str | None]:
        if target is None:
            return control.status(connection), control.panicking(connection)
        found = control.find(connection, target)
        rows = [row for row in control.status(connection, found.migration) if row["name"] in found.names]
        return rows, control.panicking(connection)

    return _ask(session, look)


def _ask(session: Session, look: Callable[["Connection"], T]) -> T:
    from migrator.pg.connection import connect
    from migrator.state.install import require_installed

    with connect(session.dsn(), application_name="migrator/status") as connection:
        require_installed(connection)
        return look(connection)


def _line(row: Row) -> str:
    estimate = f"/{row['rows_estimate']:,}" if row["rows_estimate"] else ""
    cancelled = row["cancelled"] and f"cancelled by {row['cancelled']}"
    waits = cancelled or row["operator_pause"] or row["throttled_by"]
    age = row["heartbeat_age_seconds"]
    seen = f", last sign of life {age:.0f} s ago" if age is not None and row["state"] == "running" else ""
    why = f", waits: {waits}" if waits else ""
    hands = f", {row['workers']} workers" if row["workers"] > 1 else ""
    aside = f", {row['quarantined']} set aside (`migrator backfill quarantine`)" if row["quarantined"] else ""
    own = (
        ", set: " + " ".join(f"{key}={value}" for key, value in sorted(row["params"].items())) if row["params"] else ""
    )
    done = f"{row['rows_done']:,}{estimate} rows"
    return f"{row['migration']}  {row['name']}: {row['state']}, {done}{hands}{aside}{own}{seen}{why}"


def _run_line(run: Row) -> str:
    outcome = run["outcome"] or f"no end recorded, last seen {run['seen_at']:%H:%M:%S}"
    waited = " ".join(f"{throttle} {seconds:.0f}s" for throttle, seconds in run["throttled"].items() if seconds >= 1)
    keys = f"{_key(run['from_key'])} to {_key(run['to_key'])}"
    return (
        f"{run['started_at']:%Y-%m-%d %H:%M:%S}  {run['migration']}  {run['name']}: {run['rows']:,} rows in "
        f"{run['seconds']:.0f} s by {run['actor']} on {run['host']}, {keys}, {outcome}"
        + (f", waited for {waited}" if waited else "")
    )


def _key(key: list[str] | None) -> str:
    return ",".join(key) if key else "the first key"
