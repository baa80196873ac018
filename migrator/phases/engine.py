"""Takes one migration from phase to phase: the only place that changes its state.

Each public method is one command. Called again after a crash it goes on where the record and the catalog say;
called again after success it does nothing. Everything that it needs is passed in, so that the CLI, the demo and
tests drive the same code.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from migrator.backfill.trial_table import refuse_before_expand
from migrator.backfill.verify import Verification, verify
from migrator.clock import Clock
from migrator.config import Settings
from migrator.errors import InvalidTransition, Refused
from migrator.events import Events
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import connect, server_version
from migrator.pg.failures import translated
from migrator.pg.session import is_running, open_session
from migrator.phases import backfills, evidence
from migrator.phases.checksums import refuse_changed
from migrator.phases.dependencies import require_dependencies, require_nobody_builds_on
from migrator.phases.earlier_phases import refuse_renamed, require_still_there
from migrator.phases.folder import Migration
from migrator.phases.plan_id import require_plan
from migrator.phases.repair import Repaired, accept_changes
from migrator.phases.verification import Discrepancy, require_verified, run_verify
from migrator.phases.work import BEFORE_EXPANDED, Work
from migrator.state.install import require_installed
from migrator.state.records import MigrationRecord
from migrator.state.store import Store
from migrator.state.transitions import DONE, ENDED, State, check_transition

_BOTH_SHAPES = {State.EXPANDED, State.MIGRATING, State.MIGRATED, State.READY}


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

    def expand(self, migration: Migration, plan_id: str | None = None) -> Outcome:
        """Run expand.sql: afterwards old and new code both work. With a plan id it runs that plan, or is refused."""
        return self._run(migration, lambda work: self._expand(work, plan_id))

    def migrate(self, migration: Migration, plan_id: str | None = None) -> Outcome:
        """Run the backfills, prove them, then run migrate.sql and verify.sql; by a plan id as `expand`."""
        return self._run(migration, lambda work: self._migrate(work, plan_id))

    def backfill(self, migration: Migration, name: str | None = None, workers: int | None = None) -> Outcome:
        """Run only the backfills (all, or one by name); `migrate` goes on from there.

        While another process runs them, this one works beside it: each takes ranges of keys that the other has not.
        """
        if self._shared_state(migration) is not None:
            asked = backfills.requests(self.dsn, self.settings, self.clock, self.events, migration, name)
            backfills.help_with(asked, workers)
        state = self._shared_state(migration)
        if state is not None:  # the other process proves them
            return Outcome(migration.id, state, state)
        return self._run(migration, lambda work: work.backfill_only(name, workers))

    def _shared_state(self, migration: Migration) -> State | None:
        """Return the state when another process is running the migration's backfills, which can be shared."""
        with connect(self.dsn, application_name=f"migrator/{migration.id}") as connection:
            require_installed(connection)
            store = Store(connection, self.actor)
            record = store.migration(migration.id)
            if record is None or record.state is not State.MIGRATING or not is_running(connection, migration.id):
                return None
            refuse_changed(store, migration, is_abort=False)
            return record.state

    def contract(self, migration: Migration, plan_id: str | None = None) -> Outcome:
        """Ask the gates and, when all are open, run contract.sql; from its first statement there is no way back.

        With a plan id it runs exactly that plan, or is refused.
        """
        return self._run(migration, lambda work: self._contract(work, plan_id))

    def abort(self, migration: Migration, plan_id: str | None = None) -> Outcome:
        """Run abort.sql: afterwards the schema is as before expand; by a plan id as `expand`."""
        return self._run(migration, lambda work: self._abort(work, plan_id))

    def verify(self, migration: Migration) -> Proof:
        """Run verify.sql and count the backfilled rows that are left or differ; changes only the recorded counts."""
        with (
            connect(self.dsn, application_name=f"migrator/{migration.id}/verify") as connection,
            translated(f"The verification of {migration.id}"),
        ):
            require_installed(connection)
            _require_both_shapes(migration.id, Store(connection, self.actor).migration(migration.id))
            found = run_verify(connection, migration)
        asked = backfills.requests(self.dsn, self.settings, self.clock, self.events, migration)
        return Proof(found, tuple(verify(request) for request in asked))

    def resume(self, migration: Migration, plan_id: str | None = None) -> Outcome:
        """Go on with the phase that was interrupted; a migration between phases has nothing to resume."""
        return self._run(migration, lambda work: self._resume(work, plan_id))

    def repair(self, migration: Migration, reason: str, *, accept_ran: bool = False) -> Repaired:
        """Accept files that changed after they were recorded; see `migrator.phases.repair` for what is refused."""
        with self._working(migration) as work:
            version = server_version(work.session.connection) // 10000
            record = work.require_record()
            return accept_changes(work.store, migration, record, version, reason, accept_ran=accept_ran)

    def _run(self, migration: Migration, command: Callable[[Work], MigrationRecord]) -> Outcome:
        with self._working(migration) as work:
            before = work.record()
            after = command(work)
            return Outcome(migration.id, before.state, after.state, tuple(work.gates))

    @contextmanager
    def _working(self, migration: Migration) -> Generator[Work]:
        """Give the work on one migration, with its runner's lock held and its files checked."""
        wait = self.settings.locks.runner_wait.total_seconds()
        with (
            open_session(self.dsn, migration.id, self.clock, wait) as session,
            translated(f"The work on {migration.id}"),
        ):
            require_installed(session.connection)
            work = Work(self.dsn, self.settings, self.events, migration, session, Store(session.connection, self.actor))
            work.check_files()
            yield work

    def _resume(self, work: Work, plan_id: str | None) -> MigrationRecord:
        record = work.record()
        match record.state:
            case State.EXPANDING:
                return self._expand(work, plan_id)
            case State.MIGRATING | State.MIGRATED:
                return self._migrate(work, plan_id)
            case State.CONTRACTING:
                return self._contract(work, plan_id)
            case State.EXPANDED if work.migration.is_single_phase:
                return self._migrate(work)
            case State.ABORTING:
                return self._abort(work, plan_id)
            case _:
                return record

    def _expand(self, work: Work, plan_id: str | None) -> MigrationRecord:
        record = work.record()
        if record.state is State.ABORTING:
            raise InvalidTransition(
                f"{record.id} is being aborted.", "Run `migrator resume` to finish that; then it can be expanded again."
            )
        if record.state not in BEFORE_EXPANDED:
            return self._end_single(work, record)
        require_dependencies(work.store, work.migration)
        if record.state is State.PENDING:
            refuse_renamed(work.store, work.migration)
        if record.state is not State.EXPANDING:
            found = work.migration.manifest.backfill
            refuse_before_expand(work.session.connection, found, work.migration.statements("expand"))
        record = work.begin(record, State.EXPANDING, "expand", plan_id)
        work.run_file("expand")
        return self._end_single(work, work.move(record, State.EXPANDED))

    def _end_single(self, work: Work, record: MigrationRecord) -> MigrationRecord:
        """A plain file, or a folder with nothing but expand.sql, has no other phase to wait for."""
        is_over = record.state in ENDED or not work.migration.is_single_phase
        return record if is_over else self._migrate(work)

    def _migrate(self, work: Work, plan_id: str | None = None) -> MigrationRecord:
        record = work.require_expanded("migrated")
        if record.state is State.EXPANDED:
            require_still_there(work.store, work.migration, record)
        if record.state in {State.EXPANDED, State.MIGRATING}:
            record = work.begin(record, State.MIGRATING, "migrate", plan_id)
        if record.state is State.MIGRATING:
            if work.migration.manifest.backfill:
                with work.phase("backfill"):
                    work.run_backfills(None)
            work.run_file("migrate")
            require_verified(work.session.connection, work.migration)
            record = work.move(record, State.MIGRATED)
            work.read_statements()
        is_end = record.state is State.MIGRATED and not work.migration.has_contract
        return work.move(record, State.COMPLETE) if is_end else record

    def _contract(self, work: Work, plan_id: str | None) -> MigrationRecord:
        record = work.require_expanded("contracted")
        if record.state in DONE:
            return record
        if record.state is not State.CONTRACTING:
            record = self._seal(work, record, plan_id)
        elif plan_id is not None and plan_id != record.contract_plan:
            raise Refused(
                f"The contract of {record.id} began with {record.contract_plan or 'no plan id'}, not with {plan_id}.",
                f"Finish what began: `migrator resume {record.id}`.",
            )
        try:
            work.run_file("contract")
        except evidence.ContractShut:
            work.take_back(record)
            raise
        return work.move(record, State.COMPLETE)

    def _seal(self, work: Work, record: MigrationRecord, plan_id: str | None) -> MigrationRecord:
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
        refuse_changed(work.store, work.migration, is_abort=False)
        require_still_there(work.store, work.migration, record)
        if plan_id is not None:
            require_plan(work.session.connection, work.migration, "contract", plan_id)
        results = work.ask_gates()
        shut = [result for result in results if result.status is not GateStatus.OPEN]
        if shut:
            if record.state is State.READY:
                work.move(record, State.MIGRATED, {"gates": evidence.as_json(results)})
            raise evidence.ContractShut(record.id, shut)
        require_verified(work.session.connection, work.migration)
        if record.state is State.MIGRATED:
            record = work.move(record, State.READY)
        if plan_id is not None:  # gates may have taken their time
            require_plan(work.session.connection, work.migration, "contract", plan_id)
        return work.enter(record, State.CONTRACTING, {**evidence.as_detail(results), "plan": plan_id}, plan_id)

    def _abort(self, work: Work, plan_id: str | None) -> MigrationRecord:
        record = work.record()
        if record.state is State.ABORTED:
            return record
        if record.state is not State.ABORTING:
            check_transition(record.id, record.state, State.ABORTING)
            require_nobody_builds_on(work.store, work.migration)
            if work.has_begun(record) and "abort" not in work.migration.files:
                raise Refused(
                    f"{record.id} has no abort.sql.",
                    f"A plain file has none: make it a folder {record.id} with expand.sql and abort.sql."
                    if work.migration.is_plain
                    else "Write it: it undoes expand.sql and migrate.sql.",
                )
        record = work.begin(record, State.ABORTING, "abort", plan_id)
        if work.has_begun(record):
            work.run_file("abort")
        return work.move(record, State.ABORTED)


def _require_both_shapes(migration: str, record: MigrationRecord | None) -> None:
    """Raise when there is nothing to compare: the new shape is not there yet, or the old one is no longer."""
    state = record.state if record else State.PENDING
    if state not in _BOTH_SHAPES:
        raise InvalidTransition(
            f"{migration} is {state.value}; it can be verified after expand and before contract.",
            "`migrator status` says what comes next.",
        )
