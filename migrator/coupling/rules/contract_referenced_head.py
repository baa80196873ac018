"""CPL003: the code at head still uses what a contract removes.

A mapped column counts as used: an ORM names every column that it maps in each statement.
"""

from collections.abc import Iterable

from migrator.coupling.case import Case
from migrator.coupling.contracts import referenced
from migrator.coupling.decision import Finding, Level

CODE = "CPL003"
NAME = "contract-referenced-head"
LEVEL = Level.ERROR


def check(case: Case) -> Iterable[Finding]:
    """Yield each place that would break."""
    return referenced(case, "head", CODE, NAME)
