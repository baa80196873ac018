"""The states of a migration and every way between them: one table, one comment per edge.

A failed step is not a state: the migration stays where it is and `resume` goes on.
"""

from enum import Enum

from migrator.errors import InvalidTransition, Sealed


class State(Enum):
    """Where a migration is; stored as the value."""

    PENDING = "pending"
    EXPANDING = "expanding"
    EXPANDED = "expanded"
    MIGRATING = "migrating"
    MIGRATED = "migrated"
    READY = "ready"
    CONTRACTING = "contracting"
    COMPLETE = "complete"
    ABORTING = "aborting"
    ABORTED = "aborted"
    BASELINED = "baselined"


S = State
TRANSITIONS: dict[State, frozenset[State]] = {
    S.PENDING: frozenset(
        {
            S.EXPANDING,  # `expand`: files are recorded by checksum, the first additive step may run
            S.ABORTING,  # `abort` before anything ran: leaves a record that it was given up
            S.BASELINED,  # `baseline`: the database had the change before it had this tool
        }
    ),
    S.EXPANDING: frozenset(
        {
            S.EXPANDED,  # every step of expand.sql is done
            S.ABORTING,  # `abort` half-way: probes find what is there to undo
        }
    ),
    S.EXPANDED: frozenset(
        {
            S.MIGRATING,  # `migrate` or `backfill run`: rows are filled, then migrate.sql
            S.ABORTING,  # `abort`
        }
    ),
    S.MIGRATING: frozenset(
        {
            S.MIGRATED,  # backfills verified, migrate.sql done, verify.sql returned no row
            S.ABORTING,  # `abort`: the filled column goes away with the rest
        }
    ),
    S.MIGRATED: frozenset(
        {
            S.READY,  # `contract` found every gate open
            S.COMPLETE,  # a migration with nothing to contract ends here
            S.ABORTING,  # `abort`: the last state but one from which there is a way back
        }
    ),
    S.READY: frozenset(
        {
            S.CONTRACTING,  # the point of no return: `sealed_at` is set in the same transaction
            S.MIGRATED,  # the evidence turned before the first destructive statement
            S.ABORTING,  # `abort`: nothing was removed yet
        }
    ),
    S.CONTRACTING: frozenset(
        {
            S.COMPLETE,  # every step of contract.sql is done
            S.MIGRATED,  # a gate closed after the seal, and no statement of contract.sql has run
        }
    ),
    S.ABORTING: frozenset(
        {
            S.ABORTED,  # every step of abort.sql is done or had nothing to undo
        }
    ),
    S.ABORTED: frozenset(
        {
            S.EXPANDING,  # `expand` again, also with changed files: the schema is as if nothing had been
        }
    ),
    S.COMPLETE: frozenset(),  # the end
    S.BASELINED: frozenset(),  # the end of what never ran here
}

ENDED = frozenset({S.COMPLETE, S.ABORTED, S.BASELINED})
"""States in which a migration works on nothing and holds no table."""
DONE = frozenset({S.COMPLETE, S.BASELINED})
"""States after which its change is in the database for good."""


_NO_WAY_BACK = {
    S.CONTRACTING: (
        "the old shape is being removed",
        "Finish it with `migrator resume`, then write a new migration that makes the old shape again.",
    ),
    S.COMPLETE: ("it has ended", "Write a new migration that makes the schema as it was."),
}


def check_transition(migration: str, source: State, target: State) -> None:
    """Raise unless the edge exists.

    Raises:
        Sealed: an abort after the first destructive step.
        InvalidTransition: any other missing edge.
    """
    if target in TRANSITIONS[source]:
        return
    if target is S.ABORTING and source in _NO_WAY_BACK:
        why, todo = _NO_WAY_BACK[source]
        raise Sealed(f"{migration} is {source.value}: {why}, and there is no way back.", todo)
    raise InvalidTransition(
        f"{migration} is {source.value}; it cannot become {target.value} from there.",
        f"Possible next: {', '.join(sorted(t.value for t in TRANSITIONS[source])) or 'nothing, it has ended'}.",
    )
