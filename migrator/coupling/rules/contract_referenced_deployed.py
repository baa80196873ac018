"""CPL004: the code that runs now, or can be rolled back to, still uses what a contract removes.

Head may be clean for weeks before a deploy: what breaks is what runs.
"""

from collections.abc import Iterable

from migrator.coupling.case import Case
from migrator.coupling.contracts import referenced
from migrator.coupling.decision import Finding, Level

CODE = "CPL004"
NAME = "contract-referenced-deployed"
LEVEL = Level.ERROR


def check(case: Case) -> Iterable[Finding]:
    """Yield each place that would break."""
    return referenced(case, "deployed", CODE, NAME)
