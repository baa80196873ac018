"""One command of the engine at work: what it may do to the record, the files and the backfills of its migration.

Made by the engine when the session is open and its lock is held; the engine decides, this does.
"""

from collections.abc import Generator
from contextlib import contextmanager, suppress

from migrator.config import Settings
from migrator.deploys.watching import watch_statements
from migrator.errors import InvalidTransition
from migrator.events import EventKind, Events
from migrator.gates.evaluate import require_known
from migrator.gates.gate import GateResult
from migrator.pg.connection import server_version
from migrator.pg.driver import DatabaseError
from migrator.pg.session import DdlSession
from migrator.phases import backfills, checksums, claims, confirmed, evidence
from migrator.phases.at_use import AtUse, has_destroyed, has_done_nothing
from migrator.phases.cached_plans import stale_queries
from migrator.phases.earlier_phases import refuse_renamed
from migrator.phases.executor import Executor
from migrator.phases.folder import FILES, Migration
from migrator.phases.steps import Step, steps_in
from migrator.state.records import MigrationRecord, StepRecord
from migrator.state.store import Store
from migrator.state.transitions import State

BEFORE_EXPANDED = frozenset({State.PENDING, State.EXPANDING, State.ABORTED})


class Work:
    """One command at work: the migration, its session and its store."""

    def __init__(
        self, dsn: str, settings: Settings, events: Events, migration: Migration, session: DdlSession, store: Store
    ) -> None:
        self.migration = migration
        self.session = session
        self.store = store
        self.gates: list[GateResult] = []
        self._dsn = dsn
        self._settings = settings
        self._events = events
        self._clock = session.clock

    def check_files(self) -> None:
        """Group every file into steps before anything is recorded: what is wrong can then still be corrected.

        Raises:
            ManifestError: a file holds what a phase cannot run.
        """
        for phase in FILES:
            self._steps(phase)

    def record(self) -> MigrationRecord:
        """Return the record as it is now, written as pending when there is none."""
        manifest = self.migration.manifest
        return self.store.open(self.migration.id, manifest.model_dump(mode="json"), manifest.contract_by)

    def require_record(self) -> MigrationRecord:
        """Return the record.

        Raises:
            InvalidTransition: the migration never began here.
        """
        record = self.store.migration(self.migration.id)
        if record is None:
            raise InvalidTransition(
                f"{self.migration.id} has not begun in this database: nothing was recorded of its files.",
                f"Run `migrator expand {self.migration.id}`.",
            )
        return record

    def has_begun(self, record: MigrationRecord) -> bool:
        """Whether a step may have changed something; otherwise there is nothing to undo."""
        return record.expanded_at is not None or not all(map(self._did_nothing, self.store.all_steps(record.id)))

    def _did_nothing(self, ran: StepRecord) -> bool:
        """Whether the step failed in a transaction, which took all of it back; a changed step tells nothing."""
        step = next((step for step in self._steps(ran.phase) if step.number == ran.number), None)
        is_same = step is not None and step.sql == ran.statement and step.is_transactional
        return ran.state == "failed" and is_same

    def require_expanded(self, wish: str) -> MigrationRecord:
        """Return the record, or raise when the expand is not done or was undone."""
        record = self.record()
        if record.state is State.BASELINED:
            raise InvalidTransition(
                f"{record.id} is baselined and cannot be {wish}: it was in this database before this tool.",
                "Write a new migration for what is to change.",
            )
        if record.state in BEFORE_EXPANDED | {State.ABORTING}:
            if record.state is State.PENDING:
                refuse_renamed(self.store, self.migration)
            raise InvalidTransition(
                f"{record.id} is {record.state.value} and cannot be {wish}.",
                f"Run `migrator {'resume' if record.state is State.ABORTING else 'expand'} {record.id}` first.",
            )
        return record

    def begin(self, record: MigrationRecord, target: State, phase: str, plan_id: str | None) -> MigrationRecord:
        """Enter the state of a phase, or go on in it; by a plan that was looked at, when one is named.

        Raises:
            ManifestError: the contract waits for a gate that does not exist.
            TableClaimed: another open migration works on one of its tables.
            Refused: what would run is another plan.
        """
        if record.state is target:
            if plan_id is not None:
                confirmed.go_on_by(self.store, self.migration, phase, plan_id)
            return record
        section = self.migration.manifest.contract
        if target is State.EXPANDING and section is not None:
            require_known(section.evidence)  # today, and not when the contract asks for it
        by = None if plan_id is None else confirmed.begin_by(self.store, self.migration, phase, plan_id)
        return self.enter(record, target, by)

    def enter(
        self,
        record: MigrationRecord,
        target: State,
        detail: dict[str, object] | None = None,
        plan_id: str | None = None,
    ) -> MigrationRecord:
        """Change the state; in the same transaction record the files' checksums and claim the tables.

        Raises:
            TableClaimed: another open migration works on one of them.
        """
        with self.session.connection.transaction():
            if record.state is State.ABORTED:
                self.store.forget_run(record.id)
            checksums.record_or_refuse(self.store, self.migration, target)
            manifest = self.migration.manifest
            self.store.set_manifest(record.id, manifest.model_dump(mode="json"), manifest.contract_by)
            if target is not State.ABORTING:
                self._claim()
            if plan_id is not None:
                self.store.set_contract_plan(record.id, plan_id)
            changed = self.store.change_state(record, target, detail)
        self._tell(record, changed)
        return changed

    def _claim(self) -> None:
        version = server_version(self.session.connection) // 10000
        tables = claims.claimed_tables(self.migration, version)
        self.store.claim(self.migration.id, tables, claims.all_owners(self.session.connection, self.migration, version))

    def move(self, record: MigrationRecord, target: State, detail: dict[str, object] | None = None) -> MigrationRecord:
        """Change the state where no file is about to run."""
        changed = self.store.change_state(record, target, detail)
        self._tell(record, changed)
        return changed

    def _tell(self, before: MigrationRecord, after: MigrationRecord) -> None:
        source, target = before.state.value, after.state.value
        self._events.emit(EventKind.STATE_CHANGED, before.id, source=source, target=target)

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        """Tell the listeners when the phase begins and ends."""
        started = self._clock.monotonic()
        self._events.emit(EventKind.PHASE_STARTED, self.migration.id, phase=name)
        yield
        seconds = self._clock.monotonic() - started
        self._events.emit(EventKind.PHASE_FINISHED, self.migration.id, phase=name, seconds=seconds)

    def run_file(self, phase: str) -> None:
        """Run the steps of one file, in order, holding the database's turn for DDL."""
        checksums.refuse_changed(self.store, self.migration, is_abort=phase == "abort")
        steps = self._steps(phase)
        if not steps:
            return
        executor = Executor(self.session, self.store, self._clock, self._events, self._settings.locks)
        with self.phase(phase), self.session.ddl_turn():
            self._warn_of_stale_plans(phase, steps)
            for step in steps:
                self._clock.check_stop(f"before step {step.number} of {phase}")
                executor.run(step, self._gates_for(phase, steps))

    def _gates_for(self, phase: str, steps: tuple[Step, ...]) -> AtUse | None:
        """Return the gates that stand before the next step; None when there are none, or when it is too late."""
        if phase != "contract" or has_destroyed(steps, self.store.steps(self.migration.id, phase)):
            return None
        return AtUse(self.migration.id, self.ask_gates)

    def take_back(self, record: MigrationRecord) -> None:
        """Leave the contract that gates have stopped, when nothing of it ran; else it stays, and says why."""
        detail: dict[str, object] = {"gates": evidence.as_json(self.gates), "at_use": True}
        if not has_done_nothing(self._steps("contract"), self.store.steps(record.id, "contract")):
            self.store.audit("gate.closed", record.id, detail)
            return
        with self.session.connection.transaction():
            self.store.forget_contract(record.id)
            changed = self.store.change_state(record, State.MIGRATED, detail)
        self._tell(record, changed)

    def _warn_of_stale_plans(self, phase: str, steps: tuple[Step, ...]) -> None:
        queries = stale_queries(self.session.connection, steps)
        if queries:
            self._events.emit(EventKind.PLANS_STALE, self.migration.id, phase=phase, queries=list(queries))

    def _steps(self, phase: str) -> tuple[Step, ...]:
        version = server_version(self.session.connection) // 10000
        return steps_in(self.migration.files.get(phase), phase, version)

    def backfill_only(self, name: str | None, workers: int | None = None) -> MigrationRecord:
        """Enter the migrate phase and run backfills without migrate.sql."""
        record = self.require_expanded("backfilled")
        if record.state is State.EXPANDED:
            record = self.enter(record, State.MIGRATING)
        if record.state is State.MIGRATING:
            self.run_backfills(name, workers)
        return record

    def run_backfills(self, name: str | None, workers: int | None = None) -> None:
        """Run and prove the migration's backfills."""
        checksums.refuse_changed(self.store, self.migration, is_abort=False)
        asked = backfills.requests(self._dsn, self._settings, self._clock, self._events, self.migration, name)
        backfills.run(asked, workers)

    def read_statements(self) -> None:
        """Begin to watch which statements run, when a gate asks for that; it says itself what could not be read."""
        section = self.migration.manifest.contract
        if section is not None and "statements" in section.evidence:
            with suppress(DatabaseError):
                watch_statements(self.session.connection, self._settings)

    def ask_gates(self) -> tuple[GateResult, ...]:
        """Evaluate the contract's gates on this session; the listeners are told what is new."""
        results = evidence.ask(self.session.connection, self._settings, self.migration)
        told = {(result.gate, result.status) for result in self.gates}
        for result in results:
            if (result.gate, result.status) in told:
                continue
            self._events.emit(
                EventKind.GATE_EVALUATED,
                self.migration.id,
                gate=result.gate,
                status=result.status.value,
                reason=result.reason,
            )
        self.gates[:] = results
        return results
