"""Exit codes, the same for every command; the only place where an error becomes a number."""

from migrator import errors

FINDINGS = 1
"""Findings, or policy says no."""
USAGE = 2
"""Wrong usage, configuration or input."""
NOT_YET = 3
"""Gate closed or unknown, lock budget spent, lease held; safe to run again later."""
REFUSED = 4
"""The state forbids it; a person decides."""
UNKNOWN_OR_FAILED = 5
"""The outcome is unknown or the database failed."""
BUG = 70
"""An unexpected exception."""
STOPPED = 75
"""Stopped with work left, resumable."""
PIPE_CLOSED = 141
"""Nobody reads our stdout any more; the number that shells give to SIGPIPE."""

MEANINGS = {
    0: "done, or nothing found",
    FINDINGS: "findings, or policy says no",
    USAGE: "wrong usage, configuration or input",
    NOT_YET: "not yet: gate closed or unknown, lock budget spent, lease held; safe to run again later",
    REFUSED: "refused: the state forbids it, a person decides",
    UNKNOWN_OR_FAILED: "the outcome is unknown or the database failed",
    BUG: "a bug in migrator",
    STOPPED: "stopped with work left, resumable",
    PIPE_CLOSED: "nobody read the result to its end (`| head`); what was done is recorded",
}

_BRANCHES: tuple[tuple[type[errors.MigratorError], int], ...] = (
    (errors.InputError, USAGE),
    (errors.NotYet, NOT_YET),
    (errors.Refused, REFUSED),
    (errors.DatabaseFailed, UNKNOWN_OR_FAILED),
    (errors.Stopped, STOPPED),
)


def exit_code(error: errors.MigratorError) -> int:
    """Return the code of an error by its branch of the tree."""
    return next((code for branch, code in _BRANCHES if isinstance(error, branch)), BUG)
