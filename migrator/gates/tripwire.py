"""Gate `tripwire`: since migrate, no session wrote the old side of the change.

The sync trigger records each session that does (a recipe renders that when its evidence names this gate). Readers
leave no trace here. Unknown when the trigger is gone, disabled, or records nothing.
"""

from datetime import datetime, timedelta

from migrator.config import format_duration
from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.pg.driver import Row
from migrator.pg.queries import query
from migrator.recipes.tripwire import record_call

NAME = "tripwire"

_SHOWN = 6
_RECORDED_EVERY = timedelta(minutes=10)
"""A session that goes on writing is recorded this often; see migrator.record_old_write."""


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed with the sessions that write the old side, unknown when nothing records them, else open."""
    window = question.settings.gates.tripwire.window
    migrated_at = _migrated_at(question)
    if migrated_at is None:
        return GateResult(NAME, GateStatus.CLOSED, "who writes the old side counts from the end of migrate")
    since = max(question.now - window, migrated_at) - _RECORDED_EVERY
    values = {"migration": question.migration, "since": since}
    writers = question.connection.execute(query("evidence.old_writes", "migrator.gates"), values).fetchall()
    evidence: dict[str, object] = {"since": since.isoformat(), "writers": [_facts(row) for row in writers]}
    if writers:
        more = f" and {len(writers) - _SHOWN} more" if len(writers) > _SHOWN else ""
        listed = "; ".join(map(_words, writers[:_SHOWN])) + more
        return GateResult(NAME, GateStatus.CLOSED, f"old_writers {len(writers)} > 0 ({listed})", evidence)
    blind = _blind(question)
    if blind:
        return GateResult(NAME, GateStatus.UNKNOWN, blind, evidence)
    passed = question.now - migrated_at
    if passed < window:
        reason = f"nobody wrote the old side yet, but the window of {format_duration(window)} is not over"
        opens_at = migrated_at + window
        return GateResult(NAME, GateStatus.CLOSED, f"{reason} (opens at {opens_at:%Y-%m-%d %H:%M:%S %Z})", evidence)
    reason = f"old_writers 0 = 0 in the last {format_duration(window)}"
    return GateResult(NAME, GateStatus.OPEN, reason, evidence)


def _migrated_at(question: GateQuestion) -> datetime | None:
    values = {"migration": question.migration}
    row = question.connection.execute(query("evidence.migrated_at", "migrator.gates"), values).fetchone()
    return row["migrated_at"] if row else None


def _blind(question: GateQuestion) -> str:
    """Say why a writer would not be recorded; empty when every trigger of ours records."""
    made = [ref for ref in question.makes if ref.kind == "trigger"]
    values = {
        "call": record_call(question.migration),
        "schemas": [ref.schema for ref in made],
        "tables": [ref.table for ref in made],
        "names": [ref.name for ref in made],
    }
    rows = question.connection.execute(query("evidence.wires", "migrator.gates"), values).fetchall()
    there = {(row["schema"], row["table"], row["name"]) for row in rows}
    gone = [f"{ref} is gone" for ref in made if (ref.schema, ref.table, ref.name) not in there]
    off = [f"{_trigger(row)} is disabled" for row in rows if not row["fires"]]
    mute = [f"{_trigger(row)} records nothing" for row in rows if not row["records"]]
    if not made:
        return "the migration has no trigger that could record who writes the old side; leave out this gate"
    problems = [*gone, *off, *mute]
    if not problems:
        return ""
    return f"{', '.join(problems)}: render the recipe with this gate in its evidence, before expand"


def _trigger(row: Row) -> str:
    return f"trigger {row['schema']}.{row['table']}.{row['name']}"


def _words(row: Row) -> str:
    return (
        f"{row['application'] or 'an unnamed client'} as {row['role']} from {row['client']}, pid {row['pid']},"
        f" last at {row['last_seen']:%Y-%m-%d %H:%M:%S %Z}"
    )


def _facts(row: Row) -> dict[str, object]:
    return {**row, **{name: row[name].isoformat() for name in ("backend_start", "first_seen", "last_seen")}}
