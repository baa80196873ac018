"""Every error that migrator raises on purpose; the exit code of each branch is mapped in `migrator.cli` only.

    MigratorError
    ├─ InputError                      exit 2   fix the input
    │  ├─ ConfigError                           migrator.toml, environment, options
    │  ├─ ManifestError                         migration.toml or the files of a migration
    │  ├─ RecipeRefused                         this table cannot be changed by this recipe
    │  └─ UnknownRule
    ├─ NotYet                          exit 3   safe to run again later
    │  ├─ GateClosed
    │  ├─ LockBudgetSpent
    │  ├─ LeaseHeld                             another runner holds the lock
    │  └─ TableClaimed                          another open migration works on the table
    ├─ Refused                         exit 4   a person decides
    │  ├─ InvalidTransition
    │  ├─ ChecksumChanged
    │  ├─ CatalogConflict                       an object exists, and is not the one that was asked for
    │  ├─ LeaseLost
    │  ├─ Cancelled                             an operator stopped the backfill
    │  ├─ PoolerInBetween
    │  └─ Sealed                                past the point of no return
    ├─ DatabaseFailed                  exit 5   the server said no, or went away
    │  └─ OutcomeUnknown                        never retried blindly
    └─ Stopped                         exit 75  stopped on request with work left; `resume` goes on

An error says the situation first and then what to do.
"""


class MigratorError(Exception):
    """The situation in one sentence, then what to do about it in another.

    `details` carries facts for `--format json`; it never holds a secret.
    """

    def __init__(self, situation: str, todo: str = "", **details: object) -> None:
        self.situation = situation
        self.todo = todo
        self.details = details
        super().__init__(f"{situation} {todo}".strip())


class InputError(MigratorError):
    """The input is wrong: nothing was changed."""


class ConfigError(InputError):
    """The configuration, an environment variable or an option cannot be used."""


class ManifestError(InputError):
    """The manifest or the files of a migration cannot be used."""


class RecipeRefused(InputError):
    """The recipe cannot make this change to this table without harm."""


class UnknownRule(InputError):
    """No lint rule has this name."""


class NotYet(MigratorError):
    """The condition is not met now; running the same command later is safe."""


class GateClosed(NotYet):
    """A gate is closed or unknown."""


class LockBudgetSpent(NotYet):
    """A table lock was not granted within the budget; nothing was changed by the step."""


class LeaseHeld(NotYet):
    """Another runner is at work."""


class TableClaimed(NotYet):
    """Another open migration works on the table."""


class Refused(MigratorError):
    """The recorded state forbids it; a person decides."""


class InvalidTransition(Refused):
    """The migration is not in a state from which this can be done."""


class ChecksumChanged(Refused):
    """A file is no longer what was run or approved."""


class CatalogConflict(Refused):
    """The catalog holds something other than what the step makes or expects."""


class LeaseLost(Refused):
    """The right to run was lost while running."""


class Cancelled(Refused):
    """An operator stopped the backfill, and has not resumed it."""


class PoolerInBetween(Refused):
    """A connection pooler stands between us and the server, and session locks do not hold through it."""


class Sealed(Refused):
    """The first destructive step has begun; there is no way back by `abort`."""


class DatabaseFailed(MigratorError):
    """The server refused a statement, or the connection was lost."""


class OutcomeUnknown(DatabaseFailed):
    """The connection was lost in COMMIT; only the catalog or the record can tell what happened."""


class Stopped(MigratorError):
    """Stopped on request with work left; what was done is recorded and `resume` goes on."""
