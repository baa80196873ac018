"""Whether a statement makes its object for sure: IF NOT EXISTS may find an old one, which the schema before may tell.

Three answers, as everywhere: with a schema that has no such object it is new; with one that has it, it is not; and
when nothing at all is known, what is said about its locks is a question and no finding.
"""

from dataclasses import replace

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim, Severity, Verdict
from migrator.statements.effects import Held


def doubted(file: FileContext, claim: Claim) -> Claim:
    """Return the claim about a table's lock as unknown when the file itself may have made the table, empty."""
    if claim.lock is None or claim.table is None or claim.step is None or claim.verdict is not Verdict.UNSAFE:
        return claim
    if not file.may_be_new(claim.table, file.steps[claim.step]):
        return claim
    words = f"Whether {claim.table} is new is not known here (IF NOT EXISTS): then nobody waits."
    return replace(
        claim,
        message=f"{claim.message} {words}",
        verdict=Verdict.UNKNOWN,
        severity=Severity.WARNING,
        held=Held.UNKNOWN,
    )
