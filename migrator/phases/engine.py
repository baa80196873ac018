"""Takes one migration from phase to phase: the only place that changes its state.

Each public method is one command. Called again after a crash it goes on where the record and the catalog say;
called again after success it does nothing. Everything that it needs is passed in, so that the CLI, the demo and
tests drive the same code.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from migrator.backfill.verify import Verification, verify
from migrator.clock import Clock
from migrator.config import Settings
from migrator.errors import InvalidTransition, Refused
from migrator.events import EventKind, Events
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import connect, server_version
from migrator.pg.session import DdlSession, open_session
from migrator.phases import backfills, checksums, evidence
from migrator.phases.dependencies import require_dependencies
from migrator.phases.executor import Executor
from migrator.phases.folder import Migration
from migrator.phases.steps import steps_of
from migrator.phases.verification import Discrepancy, require_verified, run_verify
from migrator.state.install import require_installed
from migrator.state.records import MigrationRecord
from migrator.state.store import Store
from migrator.state.transitions import State

_BEFORE_EXPANDED = {State.PENDING, State.EXPANDING, State.ABORTED}
_ABORT = {State.ABORTING, State.ABORTED}
_SEALED = {State.CONTRACTING, State.COMPLETE}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command found and left: the state before and after, and the gates when it asked them."""

    migration: str
    before: State
    after: State
    gates: tuple[GateResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What `verify` found: queries of verify.sql that returned rows, and the counts of each backfill."""

    discrepancies: tuple[Discrepancy, ...]
    counts: tuple[Verification, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.discrepancies and all(count.is_clean for count in self.counts)


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs phases against the database of `dsn`."""

    dsn: str
    settings: Settings
    clock: Clock
    events: Events
    actor: str

    def expand(self, migration: Migration) -> Outcome:
        """Run expand.sql: afterwards old and new code both work."""
        return self._run(migration, self._expand)

    def migrate(self, migration: Migration) -> Outcome:
        """Run the backfills, prove them, then run migrate.sql and verify.sql."""
        return self._run(migration, self._migrate)

    def backfill(self, migration: Migration, name: str | None = None) -> Outcome:
        """Run only the backfills (all, or one by name); `migrate` goes on from there."""
        return self._run(migration, lambda work: work.backfill_only(name))

    def contract(self, migration: Migration) -> Outcome:
        """Ask the gates and, when all are open, run contract.sql; from its first statement there is no way back."""
        return self._run(migration, self._contract)

    def abort(self, migration: Migration) -> Outcome:
        """Run abort.sql: afterwards the schema is as before expand."""
        return self._run(migration, self._abort)

    def verify(self, migration: Migration) -> Proof:
        """Run verify.sql and count the backfilled rows that are left or differ; changes only the recorded counts."""
        with connect(self.dsn, application_name=f"migrator/{migration.id}/verify") as connection:
            require_installed(connection)
            found = run_verify(connection, migration)
        asked = backfills.requests(self.dsn, self.settings, self.clock, self.events, migration)
        return Proof(found, tuple(verify(request) for request in asked))

    def resume(self, migration: Migration) -> Outcome:
        """Go on with the phase that was interrupted; a migration between phases has nothing to resume."""
        return self._run(migration, self._resume)

    def _run(self, migration: Migration, command: "Callable[[_Work], MigrationRecord]") -> Outcome:
        wait = self.settings.locks.runner_wait.total_seconds()
        with open_session(self.dsn, migration.id, self.clock, wait) as session:
            require_installed(session.connection)
            store = Store(session.connection, self.actor)
            record = store.open(
                migration.id, migration.manifest.model_dump(mode="json"), migration.manifest.contract_by
            )
            work = _Work(self, migration, session, store)
            after = command(work)
            return Outcome(migration.id, record.state, after.state, tuple(work.gates))

    def _resume(self, work: "_Work") -> MigrationRecord:
        record = work.record()
        match record.state:
            case State.EXPANDING:
                return self._expand(work)
            case State.MIGRATING:
                return self._migrate(work)
            case State.CONTRACTING:
                return self._contract(work)
            case State.ABORTING:
                return self._abort(work)
            case _:
                return record

    def _expand(self, work: "_Work") -> MigrationRecord:
        record = work.record()
        if record.state in _ABORT - {State.ABORTED}:
            raise InvalidTransition(
                f"{record.id} is being aborted.", "Run `migrator resume` to finish that; then it can be expanded again."
            )
        if record.state not in _BEFORE_EXPANDED:
            return record
        require_dependencies(work.store, work.migration)
        if record.state is not State.EXPANDING:
            record = work.enter(record, State.EXPANDING)
        work.run_file("expand")
        return work.move(record, State.EXPANDED)

    def _migrate(self, work: "_Work") -> MigrationRecord:
        record = work.require_expanded("migrated")
        if record.state not in {State.EXPANDED, State.MIGRATING}:
            return record
        if record.state is State.EXPANDED:
            record = work.enter(record, State.MIGRATING)
        if work.migration.manifest.backfill:
            with work.phase("backfill"):
                work.run_backfills(None)
        work.run_file("migrate")
        require_verified(work.session.connection, work.migration)
        record = work.move(record, State.MIGRATED)
        return record if work.migration.has_contract else work.move(record, State.COMPLETE)

    def _contract(self, work: "_Work") -> MigrationRecord:
        record = work.require_expanded("contracted")
        if record.state is State.COMPLETE:
            return record
        if record.state is not State.CONTRACTING:
            record = self._seal(work, record)
        work.run_file("contract")
        return work.move(record, State.COMPLETE)

    def _seal(self, work: "_Work", record: MigrationRecord) -> MigrationRecord:
        if record.state not in {State.MIGRATED, State.READY}:
            raise InvalidTransition(
                f"{record.id} is {record.state.value}; only a migrated one can be contracted.",
                f"Run `migrator migrate {record.id}` first.",
            )
        if not work.migration.statements("contract"):
            raise Refused(
                f"{record.id} has no contract.sql yet.",
                f"Write it before {work.migration.manifest.contract_by}: the date is in its manifest.",
            )
        results = work.ask_gates()
        shut = [result for result in results if result.status is not GateStatus.OPEN]
        if shut:
            if record.state is State.READY:
                work.move(record, State.MIGRATED, {"gates": evidence.as_json(results)})
            raise evidence.ContractShut(record.id, shut)
        require_verified(work.session.connection, work.migration)
        if record.state is State.MIGRATED:
            record = work.move(record, State.READY)
        return work.enter(record, State.CONTRACTING, {"gates": evidence.as_json(results)})

    def _abort(self, work: "_Work") -> MigrationRecord:
        record = work.record()
        if record.state is State.ABORTED:
            return record
        if record.state is not State.ABORTING:
            if record.state is not State.PENDING and "abort" not in work.migration.files:
                raise Refused(f"{record.id} has no abort.sql.", "Write it: it undoes expand.sql and migrate.sql.")
            record = work.enter(record, State.ABORTING)
        work.run_file("abort")
        return work.move(record, State.ABORTED)


class _Work:
    """One command at work: the migration, its session and its store."""

    def __init__(self, engine: Engine, migration: Migration, session: DdlSession, store: Store) -> None:
        self.engine = engine
        self.migration = migration
        self.session = session
        self.store = store
        self.gates: list[GateResult] = []

    def record(self) -> MigrationRecord:
        """Read the record again: it was opened when the session began."""
        return self.store.open(self.migration.id, {}, None)

    def require_expanded(self, wish: str) -> MigrationRecord:
        """Return the record, or raise when the expand is not done or was undone."""
        record = self.record()
        if record.state in _BEFORE_EXPANDED | _ABORT:
            raise InvalidTransition(
                f"{record.id} is {record.state.value} and cannot be {wish}.",
                f"Run `migrator {'resume' if record.state is State.ABORTING else 'expand'} {record.id}` first.",
            )
        return record

    def enter(self, record: MigrationRecord, target: State, detail: dict[str, object] | None = None) -> MigrationRecord:
        """Change the state, with the files' checksums recorded in the same transaction."""
        with self.session.connection.transaction():
            if record.state is State.ABORTED:
                self.store.forget_run(record.id)
            checksums.record_or_refuse(self.store, self.migration, target)
            manifest = self.migration.manifest
            self.store.set_manifest(record.id, manifest.model_dump(mode="json"), manifest.contract_by)
            changed = self.store.change_state(record, target, detail)
        self._tell(record, changed)
        return changed

    def move(self, record: MigrationRecord, target: State, detail: dict[str, object] | None = None) -> MigrationRecord:
        """Change the state where no file is about to run."""
        changed = self.store.change_state(record, target, detail)
        self._tell(record, changed)
        return changed

    def _tell(self, before: MigrationRecord, after: MigrationRecord) -> None:
        source, target = before.state.value, after.state.value
        self.engine.events.emit(EventKind.STATE_CHANGED, before.id, source=source, target=target)

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        """Tell the listeners when the phase begins and ends."""
        events, clock = self.engine.events, self.engine.clock
        started = clock.monotonic()
        events.emit(EventKind.PHASE_STARTED, self.migration.id, phase=name)
        yield
        events.emit(EventKind.PHASE_FINISHED, self.migration.id, phase=name, seconds=clock.monotonic() - started)

    def run_file(self, phase: str) -> None:
        """Run the steps of one file, in order, holding the database's turn for DDL."""
        checksums.refuse_changed(self.store, self.migration)
        version = server_version(self.session.connection) // 10000
        steps = steps_of(self.migration.statements(phase), phase, version)
        if not steps:
            return
        engine = self.engine
        executor = Executor(self.session, self.store, engine.clock, engine.events, engine.settings.locks)
        with self.phase(phase), self.session.ddl_turn():
            for step in steps:
                engine.clock.check_stop(f"before step {step.number} of {phase}")
                executor.run(step)

    def backfill_only(self, name: str | None) -> MigrationRecord:
        """Enter the migrate phase and run backfills without migrate.sql."""
        record = self.require_expanded("backfilled")
        if record.state is State.EXPANDED:
            record = self.enter(record, State.MIGRATING)
        if record.state is State.MIGRATING:
            self.run_backfills(name)
        return record

    def run_backfills(self, name: str | None) -> None:
        """Run and prove the migration's backfills."""
        checksums.refuse_changed(self.store, self.migration)
        engine = self.engine
        asked = backfills.requests(engine.dsn, engine.settings, engine.clock, engine.events, self.migration, name)
        backfills.run(asked)

    def ask_gates(self) -> tuple[GateResult, ...]:
        """Evaluate the contract's gates on this session, immediately before it would begin."""
        results = evidence.ask(self.session.connection, self.engine.settings, self.migration)
        for result in results:
            self.engine.events.emit(
                EventKind.GATE_EVALUATED,
                self.migration.id,
                gate=result.gate,
                status=result.status.value,
                reason=result.reason,
            )
        self.gates[:] = results
        return results
