"""Gate `freeze`: today is no day of the freeze calendar in `[[gates.freeze.calendar]]`.

The database's clock decides, read in each entry's own time zone. An empty calendar is open: no freeze was declared.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from migrator.gates.gate import GateQuestion, GateResult, GateStatus

NAME = "freeze"


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed on a day of the calendar, with its reason and its end, else open."""
    calendar = question.settings.gates.freeze.calendar
    today = {entry.zone: question.now.astimezone(ZoneInfo(entry.zone)).date() for entry in calendar}
    frozen = [entry for entry in calendar if entry.first <= today[entry.zone] <= entry.last]
    evidence: dict[str, object] = {
        "now": question.now.isoformat(),
        "frozen": [entry.model_dump(mode="json") for entry in frozen],
    }
    if frozen:
        entry = max(frozen, key=lambda each: each.last)
        why = f": {entry.reason}" if entry.reason else ""
        reason = f"no contract from {entry.first} to {entry.last}{why} (opens on {entry.last + timedelta(days=1)})"
        return GateResult(NAME, GateStatus.CLOSED, reason, evidence)
    return GateResult(NAME, GateStatus.OPEN, f"none of the {len(calendar)} freezes is now", evidence)
