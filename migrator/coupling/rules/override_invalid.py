"""CPL007: an override was asked for, and something of it is missing.

It counts only where another rule found an error: `judge` leaves it out when there is nothing to override.
"""

from collections.abc import Iterator

from migrator.coupling.case import Case
from migrator.coupling.decision import Finding, Level
from migrator.coupling.override import evaluate_override

CODE = "CPL007"
NAME = "override-invalid"
LEVEL = Level.ERROR


def check(case: Case) -> Iterator[Finding]:
    """Yield one finding that lists what is missing and who could give it."""
    override = evaluate_override(case)
    if override is None or override.is_accepted:
        return
    path = next((file.path for file in (*case.migrations, *case.files)), "")
    message = f"An override was asked for, but it lacks: {'; '.join(override.missing)}."
    todo = "Complete it and run the check again, or split the change."
    yield Finding(CODE, NAME, LEVEL, path, 1, message, todo)
