"""What to do with a step, from its record and the catalog: run it, skip it, clean up first, or ask a person.

Pure but for the probes' reads; the executor acts on the answer.
"""

from dataclasses import dataclass

from migrator.errors import CatalogConflict, LeaseHeld, OutcomeUnknown
from migrator.names import TableName
from migrator.pg.driver import Connection
from migrator.phases.aims import aims_of, touched_by
from migrator.phases.probes import Finding, Probe, declared_probe, definition_equals, probe, reindex_leftovers
from migrator.phases.steps import HARMLESS_AGAIN, Step
from migrator.state.records import StepRecord
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.statement import Statement


@dataclass(frozen=True, slots=True)
class Decision:
    """The statements still to run; none means skip, for `reason`. `cleanup` is SQL that comes first.

    Each statement of it runs alone, outside transactions, and blocks nobody: what an interrupted attempt left is
    dropped (an invalid index), or finished (a pending detach).
    """

    run: tuple[Statement, ...]
    reason: str = ""
    cleanup: tuple[str, ...] = ()


def decide(connection: Connection, step: Step, record: StepRecord | None) -> Decision:
    """Decide about one step that is not recorded as ended.

    Raises:
        CatalogConflict: an object that the step makes is already there and was not made by it.
        LeaseHeld: an orphaned session still builds the step's index.
        OutcomeUnknown: the step was interrupted and nothing in the catalog tells whether it ran.
    """
    if step.directive.probe:
        return _declared(connection, step, record)
    to_run: list[Statement] = []
    reasons: list[str] = []
    cleanup: list[str] = []
    touched: frozenset[ObjectRef] = frozenset()
    for statement, effects in zip(step.statements, step.effects, strict=True):
        found = probe(connection, statement, effects)
        cleanup += _cleanup(connection, statement, found, record)
        if not _is_about(touched, statement, effects) and _is_there(
            connection, step, record, statement, effects, found
        ):
            reasons.append(found.detail)
        else:
            to_run.append(statement)
            touched |= touched_by(effects)
    return Decision(tuple(to_run), "; ".join(reasons), tuple(cleanup))


def _declared(connection: Connection, step: Step, record: StepRecord | None) -> Decision:
    """The file's own probe speaks for the whole step, and for nothing else than whether its work is done."""
    is_done = declared_probe(connection, step)
    if is_done:
        return Decision((), "its probe says that it is done")
    if is_done is None and record and record.state == "running" and not step.is_transactional:
        raise unknown_outcome(step, record.migration, "its probe returns NULL")
    return Decision(step.statements)


def unknown_outcome(step: Step, migration: str, why: str) -> OutcomeUnknown:
    """Return the error for a step that was interrupted, and of which nobody can tell whether it ran."""
    return OutcomeUnknown(
        f"Step {step.number} of {step.phase} was interrupted and {why}: {step.name}.",
        f"Look by hand whether it ran, then say so: `migrator reconcile {migration} --phase {step.phase} --step "
        f"{step.number} --done` (or `--not-done`) with a --reason; then run `migrator resume {migration}`.",
    )


def _cleanup(connection: Connection, statement: Statement, found: Probe, record: StepRecord | None) -> tuple[str, ...]:
    """Return what comes before the statement, after an earlier attempt of it that did not end well."""
    if found.finding is Finding.BROKEN:
        return (_drop_index(_leftover(found, record)),)
    if found.finding is Finding.PENDING and found.subject:
        if record is None:
            raise CatalogConflict(
                f"{found.detail}, and it was not this migration that began it.",
                f"Finish it with ALTER TABLE {found.parent} DETACH PARTITION … FINALIZE, then run the command again.",
            )
        part = TableName(found.subject.schema, found.subject.name)
        return (f"ALTER TABLE {found.parent} DETACH PARTITION {part} FINALIZE",)
    if statement.kind == "reindex_stmt" and record is not None:
        return tuple(_drop_index(ref) for ref in reindex_leftovers(connection, statement))
    return ()


def _drop_index(ref: ObjectRef) -> str:
    return f"DROP INDEX CONCURRENTLY {TableName(ref.schema, ref.name)}"


def _is_about(touched: frozenset[ObjectRef], statement: Statement, effects: Effects) -> bool:
    """Whether an earlier statement of the same transaction changes what this one is about.

    Then the catalog says nothing about it yet: `DROP TRIGGER t` and `CREATE TRIGGER t` belong together, and so do
    `CREATE TABLE t` and `DROP TABLE t`, or `DROP VIEW v`, `CREATE VIEW v` and a trigger on it.
    """
    refs = [aim.ref for aim in aims_of(statement, effects)]
    owners = [ObjectRef(kind, ref.schema, ref.table) for ref in refs if ref.table for kind in ("table", "view")]
    return not touched.isdisjoint((*refs, *owners))


def _is_there(
    connection: Connection,
    step: Step,
    record: StepRecord | None,
    statement: Statement,
    effects: Effects,
    found: Probe,
) -> bool:
    match found.finding:
        case Finding.DONE if found.makes:
            if not _accepts_existing(statement):
                _refuse_stranger(connection, step, record, statement, effects, found)
            return True
        case Finding.DONE:
            return found.is_whole
        case Finding.PENDING:
            return True  # FINALIZE, before it, does what is left
        case Finding.PARTIAL if step.phase != "abort" and found.makes:
            raise CatalogConflict(
                f"Step {step.number} of {step.phase} is half there ({found.detail}), which this step cannot have done.",
                "Compare the catalog with the step, correct it by hand, then run `migrator resume`.",
            )
        case Finding.UNKNOWABLE if record and record.state == "running" and not _may_run_again(step, statement):
            raise unknown_outcome(step, record.migration, "the catalog does not show whether it ran")
        case _:
            return False


def _accepts_existing(statement: Statement) -> bool:
    return statement.kind == "index_stmt" and statement.node.index_stmt.if_not_exists


def _may_run_again(step: Step, statement: Statement) -> bool:
    return step.is_transactional or statement.kind in HARMLESS_AGAIN


def _leftover(found: Probe, record: StepRecord | None) -> ObjectRef:
    if found.builder_pid is not None:
        raise LeaseHeld(
            f"{found.detail} because pid {found.builder_pid} is building it right now.",
            f"Wait for it, or end it with SELECT pg_cancel_backend({found.builder_pid}), then run `migrator resume`.",
        )
    if record is None or found.subject is None:
        raise CatalogConflict(
            f"{found.detail}, and it was not this migration that left it.",
            "Drop it with DROP INDEX CONCURRENTLY after checking who made it, then run the command again.",
        )
    return found.subject


def _refuse_stranger(
    connection: Connection,
    step: Step,
    record: StepRecord | None,
    statement: Statement,
    effects: Effects,
    found: Probe,
) -> None:
    """Raise unless what is there is what an interrupted, non-transactional run of this very step left."""
    is_ours = record is not None and not step.is_transactional
    if is_ours and statement.kind == "index_stmt":
        is_ours = definition_equals(connection, statement, effects.creates[0])
    if not is_ours:
        raise CatalogConflict(
            f"Step {step.number} of {step.phase} would make what is already there: {found.detail}.",
            "Somebody else made it: drop or rename it after checking, or take the statement out of the file.",
        )
