"""CPL012: some code could only be searched for words, or not be read at all."""

from collections.abc import Iterator

from migrator.coupling.case import Case
from migrator.coupling.decision import Finding, Level

CODE = "CPL012"
NAME = "ref-scan-incomplete"
LEVEL = Level.WARNING

_SHOWN = 5


def check(case: Case) -> Iterator[Finding]:
    """Yield one warning for all of them, when a contract depends on the scan."""
    files = case.evidence.not_scanned
    if not files or not case.removed:
        return
    listed = ", ".join(files[:_SHOWN]) + (f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else "")
    message = f"The SQL in {listed} was not understood; only words were compared."
    todo = "Look there for what the contract removes."
    yield Finding(CODE, NAME, LEVEL, files[0], 1, message, todo)
