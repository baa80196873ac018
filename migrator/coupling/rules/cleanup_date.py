"""CPL010: a migration that leaves something to remove has no date for it, or the date has passed."""

from collections.abc import Iterator
from datetime import date

from migrator.coupling.case import Case
from migrator.coupling.decision import Finding, Level

CODE = "CPL010"
NAME = "cleanup-date-missing-or-overdue"
LEVEL = Level.ERROR


def check(case: Case) -> Iterator[Finding]:
    """Yield one finding for each migration without a date, or with one that has passed."""
    seen: set[str] = set()
    today = case.evidence.now.date()
    for sql in case.evidence.sql_files:
        if not sql.needs_deadline or sql.migration in seen:
            continue
        seen.add(sql.migration)
        if sql.contract_by is None:
            message = f"{sql.migration} leaves something to remove, and its manifest has no contract_by."
        elif date.fromisoformat(sql.contract_by) < today:
            message = f"{sql.migration} should have been contracted by {sql.contract_by}."
        else:
            continue
        todo = f'Write [contract] contract_by = "YYYY-MM-DD" into the manifest of {sql.migration}, or contract it.'
        yield Finding(CODE, NAME, LEVEL, sql.path, 1, message, todo, phase=sql.phase)
