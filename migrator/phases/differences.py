"""Where the records and the catalog disagree, and what would be done about it; reads only.

After a crash `resume` finds out by itself what happened to the step that was running. This says it beforehand, for
every migration, and finds what no `resume` looks at: steps whose effect somebody took away again, and objects of ours
without a migration that needs them. Called by `migrator reconcile`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from migrator.errors import MigratorError, OutcomeUnknown
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.pg.leftovers import Leftover, invalid_indexes, our_functions, our_triggers
from migrator.pg.orphans import find_orphan
from migrator.phases.aims import RELATIONS, aims_of, touched_by
from migrator.phases.decide import Decision, decide
from migrator.phases.folder import PHASES, Migration
from migrator.phases.probes import Finding, declared_probe, probe, reindex_leftovers
from migrator.phases.steps import Step, steps_in
from migrator.state.records import MigrationRecord, StepRecord
from migrator.state.store import Store
from migrator.state.transitions import State
from migrator.statements.effects import ObjectRef

_ENDED = {State.COMPLETE, State.ABORTED, State.PENDING}
_PHASES = (*PHASES, "abort")


class Remedy(Enum):
    """Who puts it right."""

    RECORD = "record"
    """The catalog tells: `--apply`, or `resume`, corrects the record."""
    CLEAN = "clean"
    """`--apply` runs the statements; they block nobody."""
    WAIT = "wait"
    """Somebody is at work: wait, or `--cancel-orphan`."""
    PERSON = "person"
    """A person looks and decides."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement: what was found, and what would be done."""

    migration: str
    subject: str
    """`step 2 of expand`, `index public.users_mail_idx`."""
    situation: str
    action: str
    remedy: Remedy
    sql: tuple[str, ...] = ()
    """What `--apply` runs, each statement alone."""
    phase: str = ""
    step: int = 0
    is_done: bool | None = None
    """What the catalog says of the step; None when it does not say."""


def find_differences(connection: Connection, migrations: Iterable[Migration]) -> tuple[Difference, ...]:
    """Compare the records of the migrations, and what they left behind, with the catalog.

    Args:
        connection: outside a transaction.
        migrations: those of the folder, as on disk; leftovers of others are told as nobody's.
    """
    version = server_version(connection) // 10000
    known = tuple(migrations)
    records = {record.id: record for record in Store(connection, "reconcile").migrations()}
    found = [difference for migration in known for difference in _of_migration(connection, migration, records, version)]
    cleaned = {text for difference in found for text in difference.sql}
    makers = {ref: migration.id for migration in known for ref in _made(connection, migration, version)}
    for item in (*invalid_indexes(connection), *our_triggers(connection), *our_functions(connection)):
        owner = makers.get(ObjectRef(item.kind, item.schema, item.name, item.table if item.kind == "trigger" else ""))
        if item.removal not in cleaned:
            found += _leftover(item, owner, records)
    return tuple(found)


def undone(store: Store, migration: Migration, record: MigrationRecord) -> Iterator[Difference]:
    """Yield the steps recorded as done of which the catalog does not show the effect any more."""
    steps = steps_by_place(migration, server_version(store.connection) // 10000)
    yield from _undone(store.connection, steps, store.all_steps(migration.id), record)


def steps_by_place(migration: Migration, version: int) -> dict[tuple[str, int], Step]:
    """Return every step of a migration's files by phase and number."""
    return {
        (step.phase, step.number): step
        for phase in _PHASES
        for step in steps_in(migration.files.get(phase), phase, version)
    }


def _made(connection: Connection, migration: Migration, version: int) -> set[ObjectRef]:
    """Return what its files make, and the copies of indexes that a REINDEX of it left when it was interrupted."""
    steps = steps_by_place(migration, version)
    found = {ref for step in steps.values() for ref in step.creates}
    for at in Store(connection, "reconcile").all_steps(migration.id):
        step = steps.get((at.phase, at.number))
        if step is not None and at.state not in {"done", "skipped"}:
            reindexed = [statement for statement in step.statements if statement.kind == "reindex_stmt"]
            found |= {ref for statement in reindexed for ref in reindex_leftovers(connection, statement)}
    return found


def _of_migration(
    connection: Connection, migration: Migration, records: Mapping[str, MigrationRecord], version: int
) -> Iterator[Difference]:
    record = records.get(migration.id)
    if record is None:
        return
    steps = steps_by_place(migration, version)
    ran = Store(connection, "reconcile").all_steps(migration.id)
    for at in ran:
        step = steps.get((at.phase, at.number))
        if at.state == "running" and at.backend_pid and at.backend_start:
            orphan = find_orphan(connection, at.backend_pid, at.backend_start)
            if orphan is not None:
                yield _difference(at, f"it is at work: {orphan}", "wait, or --cancel-orphan", Remedy.WAIT)
                continue
        if at.state in {"running", "failed", "interrupted"} and record.state not in _ENDED:
            yield from _not_ended(connection, step, at)
    yield from _undone(connection, steps, ran, record)


def _difference(
    at: StepRecord,
    situation: str,
    action: str,
    remedy: Remedy,
    *,
    sql: tuple[str, ...] = (),
    is_done: bool | None = None,
) -> Difference:
    subject = f"step {at.number} of {at.phase}"
    return Difference(at.migration, subject, situation, action, remedy, sql, at.phase, at.number, is_done)


def _not_ended(connection: Connection, step: Step | None, at: StepRecord) -> Iterator[Difference]:
    """Tell what the catalog says of a step that is not recorded as ended well."""
    if step is None:
        yield _difference(at, f"recorded as {at.state}, and no longer in the file", _decide(at), Remedy.PERSON)
        return
    try:
        decision = decide(connection, step, at)
    except OutcomeUnknown as exc:
        yield _difference(at, exc.situation.rstrip("."), _decide(at), Remedy.PERSON)
    except MigratorError as exc:
        yield _difference(at, exc.situation.rstrip("."), exc.todo.rstrip("."), Remedy.PERSON)
    else:
        yield from _decided(decision, at)


def _decide(at: StepRecord) -> str:
    where = f"{at.migration} --phase {at.phase} --step {at.number}"
    return f"look whether it ran, then `migrator reconcile {where} --done` (or --not-done) with a --reason"


def _decided(decision: Decision, at: StepRecord) -> Iterator[Difference]:
    if not decision.run and not decision.cleanup:
        situation = f"recorded as {at.state}, but it is done ({decision.reason})"
        yield _difference(at, situation, "record it as done", Remedy.RECORD, is_done=True)
    elif decision.cleanup:
        situation = f"recorded as {at.state}; an attempt left something unfinished"
        action = "run " + "; ".join(decision.cleanup)
        yield _difference(at, situation, action, Remedy.CLEAN, sql=decision.cleanup, is_done=False)
    elif at.state == "running":
        situation = "recorded as running, but its session has ended and it is not done"
        yield _difference(at, situation, "record it as interrupted", Remedy.RECORD, is_done=False)


def _undone(
    connection: Connection,
    steps: Mapping[tuple[str, int], Step],
    ran: Sequence[StepRecord],
    record: MigrationRecord,
) -> Iterator[Difference]:
    """Tell of steps recorded as done whose effect is gone, though no later step of the migration took it away."""
    if record.state in _ENDED:
        return
    only = {State.CONTRACTING: "contract", State.ABORTING: "abort"}.get(record.state)
    done = sorted((at for at in ran if at.state in {"done", "skipped"}), key=_place)
    later: set[ObjectRef] = set()
    for at in reversed(done):
        step = steps.get((at.phase, at.number))
        if step is not None:
            if only in (None, at.phase) and (missing := _missing(connection, step, later)):
                action = "find out who changed it; put it back by hand, or `migrator abort`"
                yield _difference(at, f"recorded as {at.state}, but {missing}", action, Remedy.PERSON, is_done=False)
            later |= _about(step)


def _place(at: StepRecord) -> tuple[int, int]:
    return _PHASES.index(at.phase) if at.phase in _PHASES else len(_PHASES), at.number


def _about(step: Step) -> set[ObjectRef]:
    pairs = zip(step.statements, step.effects, strict=True)
    return {ref for s, e in pairs for ref in (*touched_by(e), *(aim.ref for aim in aims_of(s, e)))}


def _missing(connection: Connection, step: Step, later: set[ObjectRef]) -> str:
    """Return in words what the catalog does not show of the step; empty when all is there."""
    if step.directive.probe:
        return "" if declared_probe(connection, step) is not False else "its probe says that it is not done"
    after = set(later)
    for statement, effects in reversed(tuple(zip(step.statements, step.effects, strict=True))):
        aims = aims_of(statement, effects)
        if not _is_touched({aim.ref for aim in aims}, after):
            found = probe(connection, statement, effects)
            if found.finding not in {Finding.DONE, Finding.UNKNOWABLE}:
                return f"the catalog does not show that {', '.join(map(str, aims))} ({found.finding.value})"
        after |= touched_by(effects) | {aim.ref for aim in aims}
    return ""


def _is_touched(refs: set[ObjectRef], after: set[ObjectRef]) -> bool:
    """Whether something later is about one of them, or its table, or has its name: a view where a table was."""
    tables = {ObjectRef("table", ref.schema, ref.table) for ref in refs if ref.table}
    return not after.isdisjoint(refs | tables) or not _names(refs).isdisjoint(_names(after))


def _names(refs: set[ObjectRef]) -> set[tuple[str, str]]:
    """Return the names of those that are relations, which share one space of names."""
    return {(ref.schema, ref.name) for ref in refs if ref.kind in RELATIONS}


def _leftover(item: Leftover, owner: str | None, records: Mapping[str, MigrationRecord]) -> Iterator[Difference]:
    """Tell of an object that no migration needs any more; what a stranger made is told and never touched."""
    state = records[owner].state if owner and owner in records else None
    if state is not None and state not in _ENDED:
        return  # its step is compared, or will drop it
    broken = _broken(item)
    if owner is None or state in {None, State.PENDING}:
        situation = f"{broken}; no migration of this folder that ran made it"
        yield Difference("", str(item), situation, f"after checking whose it is: {item.removal}", Remedy.PERSON)
        return
    situation = f"{broken}; {owner} is {state.value if state else 'unknown'}"
    if _is_free(item, state):
        yield Difference(owner, str(item), situation, f"run {item.removal}", Remedy.CLEAN, (item.removal,))
    else:
        yield Difference(owner, str(item), situation, f"at a quiet time: {item.removal}", Remedy.PERSON)


_COPY = re.compile(r"_cc(new|old)\d*$")


def _broken(item: Leftover) -> str:
    if item.kind != "index":
        return "without an open migration"
    if _COPY.search(item.name):
        return "a copy that an interrupted REINDEX CONCURRENTLY left: the index itself is as it was"
    return "INVALID: it serves no query and slows writes down"


def _is_free(item: Leftover, state: State | None) -> bool:
    """Whether taking it away blocks nobody and loses nothing; DROP TRIGGER locks the table."""
    return (item.kind == "index" and state is State.ABORTED) or (item.kind == "function" and not item.is_used)
