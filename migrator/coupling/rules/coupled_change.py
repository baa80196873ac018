"""CPL001: schema and application code in one pull request.

Old code runs against the new schema during every deploy, and a rollback brings it back: a change that needs both at
once has a moment in which one of them is missing.
"""

from collections.abc import Iterable

from migrator.coupling.case import Case
from migrator.coupling.coupling import coupled_findings
from migrator.coupling.decision import Finding, Level
from migrator.coupling.evidence import Scope

CODE = "CPL001"
NAME = "coupled-change"
LEVEL = Level.ERROR


def check(case: Case) -> Iterable[Finding]:
    """Yield one finding for each code file that must not travel with the migrations of its pull request."""
    if case.evidence.scope is Scope.PULL_REQUEST:
        return coupled_findings(case, CODE, NAME)
    return coupled_findings(case, CODE, NAME, case.come_together) if case.evidence.is_queue else ()
