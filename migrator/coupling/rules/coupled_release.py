"""CPL002: schema and application code between the deployed commit and the candidate.

Two pull requests that are clean each by themselves are still coupled when one release carries both.
"""

from collections.abc import Iterable

from migrator.coupling.case import Case
from migrator.coupling.coupling import coupled_findings
from migrator.coupling.decision import Finding, Level
from migrator.coupling.evidence import Scope

CODE = "CPL002"
NAME = "coupled-release"
LEVEL = Level.ERROR


def check(case: Case) -> Iterable[Finding]:
    """Yield one finding for each code file that must not travel with the migrations of this release."""
    return coupled_findings(case, CODE, NAME) if case.evidence.scope is Scope.RELEASE else ()
