"""`migrator plan ID`: each statement with its locks, what they block, sizes and present blockers."""

from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.running import load, migration_argument

if TYPE_CHECKING:
    from migrator.phases.data_changes import DataChange
    from migrator.phases.folder import Migration
    from migrator.phases.plan import PlannedStatement, TableUse
    from migrator.phases.plan_id import PlanHead

_KIB = 1024
_MINUTES = 3
"""From here on minutes say more than seconds."""


@click.command(cls=Command)
@migration_argument
@click.option("--phase", type=click.Choice(["expand", "migrate", "contract", "abort"]), help="Only this phase.")
@pass_session
def plan(session: Session, migration_id: str, phase: str | None) -> None:
    """Show what would run, with locks, sizes and present blockers.

    For each statement: the lock level on each table and what it blocks, how big the table is and who holds a lock
    in its way right now, whether it rewrites or scans the table, how long that may take, and what it removes. The plan
    id stands for all that makes it this plan: `migrator contract ID --plan-id` runs it or refuses. Changes nothing.
    """
    show_plan(session, load(session, migration_id), phase)


def show_plan(session: Session, migration: "Migration", phase: str | None) -> None:
    """Print the plan of a migration or of one phase; opens a read-only look at the database when one is named."""
    from migrator.phases.plan import plan as make_plan

    head: PlanHead | None = None
    stale: tuple[str, ...] = ()
    if session.has_dsn:
        from migrator.pg.connection import connect
        from migrator.phases.cached_plans import stale_queries_of
        from migrator.phases.plan_id import head_of
        from migrator.state.install import installed_version

        with connect(session.dsn(), application_name="migrator/plan") as connection:
            statements = make_plan(migration, connection, session.settings.pg_version)
            head = head_of(connection, migration, phase) if installed_version(connection) else None
            stale = stale_queries_of(connection, migration, phase)
    else:
        session.tell("No database was named (--dsn): sizes and blockers are not shown.")
        statements = make_plan(migration, None, session.settings.pg_version)
    chosen = [item for item in statements if phase in (None, item.phase)]
    backfills = [spec.model_dump(mode="json") for spec in migration.manifest.backfill]
    data = {"migration": migration.id, "statements": [_data(item) for item in chosen], "backfills": backfills}
    data |= {"stale_plans": list(stale), **_head_data(head)}
    lines = [*_stale_lines(stale), *_head_lines(migration.id, head)]
    session.show(data, lambda: "\n".join([_text(migration, chosen, phase), *lines]))


def _stale_lines(queries: "tuple[str, ...]") -> list[str]:
    if not queries:
        return []
    about = 'Clients that have prepared one of these fail afterwards with "cached plan must not change result type":'
    return ["", about, *(f"  {' '.join(query.split())}" for query in queries)]


def _head_data(head: "PlanHead | None") -> dict[str, Any]:
    """Return the plan's id and place; without a database with our schema nobody knows them."""
    in_the_way = (
        [{"table": str(c.table), "migration": c.migration, "state": c.state} for c in head.in_the_way] if head else []
    )
    return {
        "plan_id": head.plan_id if head else None,
        "phase": head.phase if head else None,
        "state": head.state.value if head else None,
        "next_phase": head.next_phase if head else None,
        "claims": [str(table) for table in head.claims] if head else [],
        "claimed_by_others": in_the_way,
        "removes_data": [str(loss) for loss in head.losses] if head else [],
    }


def _head_lines(migration: str, head: "PlanHead | None") -> list[str]:
    if head is None:
        return []
    lines = ["", f"It is {head.state.value}; next is {head.next_phase or 'nothing'}."]
    lines += [f"Works on {', '.join(map(str, head.claims))}."] if head.claims else []
    lines += [f"Cannot begin yet: {c.migration} ({c.state}) holds {c.table}." for c in head.in_the_way]
    lines += [f"Plan id of {head.phase}: {head.plan_id}"] if head.plan_id else []
    if head.losses:
        told = ", ".join(map(str, head.losses))
        lines += [f"Removes {told} for good. Confirmed by its name on a terminal, in scripts by"]
        lines += [f"  migrator {head.phase} {migration} --yes --plan-id {head.plan_id}"]
    return lines


def _data(item: "PlannedStatement") -> dict[str, Any]:
    return {
        "phase": item.phase,
        "step": item.step,
        "sql": item.sql,
        "lock_class": item.lock_class.value,
        "tables": [
            {
                "table": str(use.table),
                "lock_level": str(use.level),
                "blocks": use.level.blocks,
                "rows": use.rows,
                "bytes": use.bytes,
                "blocked_now_by": list(use.blockers),
            }
            for use in item.tables
        ],
        "rewrite": item.rewrite.value,
        "scan": item.scan.value,
        "index_build": item.index_build,
        "transactional": item.is_transactional,
        "understood": not item.is_opaque,
        "removes": list(item.removes),
        "missing": list(item.missing),
        "held": item.held.value,
        "estimated_seconds": item.estimated_seconds,
        "changes": [_change(each) for each in item.changes],
    }


def _change(each: "DataChange") -> dict[str, Any]:
    return {"verb": each.verb, "table": str(each.table), "rows": each.rows, "advice": each.advice}


def _text(migration: "Migration", items: "list[PlannedStatement]", phase: str | None) -> str:
    lines = [f"Plan of {migration.id}"]
    current = ""
    for item in items:
        if item.phase != current:
            current = item.phase
            lines += ["", f"── {current} " + "─" * (70 - len(current))]
            if current == "migrate":
                lines += _backfill_lines(migration)
        lines += _statement_lines(item)
    if phase in (None, "migrate") and not any(item.phase == "migrate" for item in items):
        lines += _backfill_lines(migration)
    return "\n".join(lines)


def _backfill_lines(migration: "Migration") -> list[str]:
    lines: list[str] = []
    for spec in migration.manifest.backfill:
        where = f" WHERE {spec.where}" if spec.where else ""
        lines.append(f"  backfill {spec.name}: {spec.table} {spec.change}{where}")
    return lines


def _statement_lines(item: "PlannedStatement") -> list[str]:
    sql = "\n       ".join(item.sql.splitlines())
    lines = [f"  {item.step:>2}. {sql}"]
    lines += [f"       {_use(use)}" for use in item.tables] or ["       locks no existing table"]
    notes = [f"rewrites the table: {item.rewrite.value}"] if item.rewrite.value != "no" else []
    notes += [f"scans the table: {item.scan.value}"] if item.scan.value != "no" else []
    notes += [f"takes {_duration(item.estimated_seconds)} under its lock"] if item.estimated_seconds else []
    notes += ["builds an index"] if item.index_build else []
    notes += ["cannot run in a transaction"] if not item.is_transactional else []
    notes += ["not understood: treated as the strongest lock"] if item.is_opaque else []
    notes += [f"not known from the file: {what}" for what in item.missing]
    notes += [f"removes {name}" for name in item.removes]
    notes += [text for each in item.changes for text in (str(each), each.advice) if text]
    return lines + [f"       {note}" for note in notes]


def _use(use: "TableUse") -> str:
    rows = f"about {use.rows:,} rows, " if use.rows is not None else ""
    size = f" ({rows}{_bytes(use.bytes)})" if use.bytes is not None else ""
    waits = "".join(f"\n         would wait now for {blocker}" for blocker in use.blockers)
    return f"{use.level} on {use.table}{size}: blocks {use.level.blocks}{waits}"


def _bytes(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < _KIB:
            return f"{size:.0f} {unit}"
        size /= _KIB
    return f"{size:.1f} TiB"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    return f"about {seconds:.0f} s" if seconds < _MINUTES * 60 else f"about {seconds / 60:.0f} minutes"
