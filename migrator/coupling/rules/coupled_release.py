"""CPL002: schema and application code between the deployed commit and the candidate.

Two pull requests that are clean each by themselves are still coupled when one release carries both.
"""

from collections.abc import Iterable

from migrator.coupling.case import Case
from migrator.coupling.coupling import Together, coupled_findings
from migrator.coupling.decision import Finding, Level
from migrator.coupling.evidence import Scope

CODE = "CPL002"
NAME = "coupled-release"
LEVEL = Level.ERROR


def check(case: Case) -> Iterable[Finding]:
    """Yield one finding for each code file that must not travel with the migrations of this release.

    What one pull request of a merge queue brings together is CPL001.
    """
    if case.evidence.scope is not Scope.RELEASE:
        return ()
    return coupled_findings(case, CODE, NAME, _apart(case) if case.evidence.is_queue else None)


def _apart(case: Case) -> Together:
    return lambda schema, code: not case.come_together(schema, code)
