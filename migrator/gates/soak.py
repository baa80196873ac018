"""Gate `soak`: enough time has passed since the migrate phase ended, by the database's clock."""

from datetime import datetime, timedelta

from migrator.config import format_duration
from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.pg.queries import query

NAME = "soak"

_MINUTE = 60


def evaluate(question: GateQuestion) -> GateResult:
    """Return open when the soak is over; closed tells when it will be."""
    if question.soak <= timedelta(0):
        return GateResult(NAME, GateStatus.OPEN, "no soak is asked for")
    row = question.connection.execute(
        query("evidence.migrated_at", "migrator.gates"), {"migration": question.migration}
    ).fetchone()
    migrated_at: datetime | None = row["migrated_at"] if row else None
    asked = format_duration(question.soak)
    if migrated_at is None:
        reason = f"the soak of {asked} begins when the migrate phase ends, and it has not ended"
        return GateResult(NAME, GateStatus.CLOSED, reason, {"asked_seconds": question.soak.total_seconds()})
    return _compare(question, migrated_at, asked)


def _compare(question: GateQuestion, migrated_at: datetime, asked: str) -> GateResult:
    passed = question.now - migrated_at
    opens_at = migrated_at + question.soak
    evidence = {
        "asked_seconds": question.soak.total_seconds(),
        "passed_seconds": passed.total_seconds(),
        "migrated_at": migrated_at.isoformat(),
        "opens_at": opens_at.isoformat(),
    }
    if passed >= question.soak:
        return GateResult(NAME, GateStatus.OPEN, f"soak {in_words(passed)} >= {asked}", evidence)
    reason = f"soak {in_words(passed)} < {asked} (opens at {opens_at:%Y-%m-%d %H:%M:%S %Z})"
    return GateResult(NAME, GateStatus.CLOSED, reason, evidence)


def in_words(duration: timedelta) -> str:
    """Return the two largest units, rounded down: `2d 3h`, `14m 5s`, `0s`."""
    minutes, seconds = divmod(max(0, int(duration.total_seconds())), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    days, hours = divmod(hours, 24)
    parts = [f"{n}{unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if n]
    return " ".join(parts[:2]) or "0s"
