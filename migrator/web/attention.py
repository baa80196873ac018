"""The "needs you" strip: what waits for a person, the most harmful first. Nothing here is a matter of opinion."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from migrator.gates.gate import GateStatus
from migrator.phases.overview import Overview
from migrator.web.answers import Answer
from migrator.web.board import Board

_STUCK_SECONDS = 300.0
"""A runner says every few seconds that it lives."""
_WAIT_FOR_GATES = {"migrated", "ready"}


class Harm(IntEnum):
    """How bad it is to leave it; the first are shown first."""

    FAILED = 0
    STUCK = 1
    LATE = 2
    UNKNOWN = 3
    WAITING = 4


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One line: what is the matter, and the command that helps."""

    harm: Harm
    migration: str
    text: str
    todo: str


def needs(board: Board) -> tuple[Need, ...]:
    """Return what waits for a person."""
    found = [need for item in board.migrations for need in _of_migration(item, board)]
    waiting = {item.migration for item in board.migrations if item.state in _WAIT_FOR_GATES}
    found += [need for answer in board.answers if answer.migration in waiting for need in _of_gates(answer)]
    found += [
        Need(Harm.LATE, promise.id, f"postmortem overdue since {promise.due:%Y-%m-%d}", promise.postmortem)
        for promise in board.promises
        if promise.is_overdue
    ]
    return tuple(sorted(found))


def _of_migration(item: Overview, board: Board) -> Iterator[Need]:
    name = item.migration
    if item.state == "broken":
        yield Need(Harm.FAILED, name, item.next_step, "")
    if item.failed_step:
        yield Need(Harm.FAILED, name, f"failed: {item.failed_step}", item.next_step)
    for row in item.backfills:
        yield from _of_backfill(name, row)
    if item.is_overdue and item.contract_by and board.now:
        days = (board.now.date() - item.contract_by).days
        yield Need(Harm.LATE, name, f"contract was due on {item.contract_by}, {_days(days)} ago", item.next_step)


def _of_backfill(migration: str, row: Mapping[str, object]) -> Iterator[Need]:
    """A backfill that somebody holds is not stuck, and one that is over waits for nobody."""
    age = row["heartbeat_age_seconds"]
    if row["state"] not in {"pending", "running"}:
        return
    if row["cancelled"]:
        text = f"backfill {row['name']} was cancelled: {row['cancelled']}"
        yield Need(Harm.WAITING, migration, text, f"migrator backfill resume {migration}")
    elif row["operator_pause"]:
        text = f"backfill {row['name']} is paused by {row['operator_pause']}"
        yield Need(Harm.WAITING, migration, text, f"migrator backfill resume {migration}")
    elif row["state"] == "running" and isinstance(age, int | float) and age > _STUCK_SECONDS:
        text = f"backfill {row['name']} has given no sign of life for {age / 60:.0f} min"
        yield Need(Harm.STUCK, migration, text, f"migrator resume {migration}")


def _of_gates(answer: Answer) -> Iterator[Need]:
    """Gates that only a person can open, and phases that nothing but a person holds up any more."""
    unknown = [result.gate for result in answer.results if result.status is GateStatus.UNKNOWN]
    if unknown:
        text = f"evidence for the contract cannot be read: {', '.join(unknown)}"
        yield Need(Harm.UNKNOWN, answer.migration, text, f"migrator gate {answer.migration}")
    shut = [result.gate for result in answer.results if result.status is not GateStatus.OPEN]
    if shut == ["approvals"]:
        text = "the contract waits for nothing but an approval"
        yield Need(Harm.WAITING, answer.migration, text, f'migrator approve {answer.migration} --reason "…"')
    if answer.is_open:
        text = "every gate of the contract is open"
        yield Need(Harm.WAITING, answer.migration, text, f"migrator contract {answer.migration}")


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
