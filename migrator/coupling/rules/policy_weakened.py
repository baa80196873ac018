"""CPL011: the change that is judged edits the policy by which it is judged."""

from collections.abc import Iterator

from migrator.coupling.case import Case
from migrator.coupling.decision import Finding, Level

CODE = "CPL011"
NAME = "policy-weakened"
LEVEL = Level.ERROR


def check(case: Case) -> Iterator[Finding]:
    """Yield one finding for each policy file, when there is schema in the change."""
    if not case.migrations:
        return
    level = Level.ERROR if case.code else Level.WARNING
    for path in case.evidence.policy_changes:
        message = f"{path} decides about this check and is changed here; the version of the base applies."
        todo = "Change the policy in a pull request of its own."
        yield Finding(CODE, NAME, level, path, 1, message, todo)
