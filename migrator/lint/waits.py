"""The claim of most lock rules: what takes which lock, on which table, and for how long somebody waits."""

from collections.abc import Iterable

from migrator.lint.finding import Claim, Fix, Severity, Verdict
from migrator.lint.step import Step
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Fact, Held

HOW_LONG = {
    Held.INSTANT: "for an instant",
    Held.SCAN: "while every row is read",
    Held.REWRITE: "while the whole table and its indexes are written again",
    Held.BUILD: "until the whole index is built",
}


def waits(
    step: Step,
    what: str,
    level: LockLevel,
    table: TableName,
    held: Held,
    help: str,  # noqa: A002 the word that people read
    *,
    fact: Fact = Fact.YES,
    missing: Iterable[str] = (),
    how_long: str = "",
    on: str = "",
    severity: Severity = Severity.ERROR,
    fix: Fix | None = None,
) -> Claim:
    """Return the claim; an UNKNOWN fact is a warning that says what is missing, and never an error."""
    duration = how_long or HOW_LONG[held]
    is_sure = fact is Fact.YES
    if not is_sure:
        unknown = "; ".join(dict.fromkeys(missing)) or "whether it has to"
        duration = f"perhaps {duration}: that depends on something not known here, namely {unknown}"
    return step.claim(
        takes(what, level, on or table, duration),
        help,
        severity=severity,
        lock=level,
        table=table,
        held=held if is_sure else Held.UNKNOWN,
        verdict=Verdict.UNSAFE if is_sure else Verdict.UNKNOWN,
        fix=fix,
    )
