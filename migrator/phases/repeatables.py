"""`R__*.sql`: views and functions that are kept whole in one file, and run again whenever the file changes.

Each runs in one transaction together with its record, under the same lock policy as a step. They come after all
pending expands, so that they find the tables that they read; `expand --all` runs them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migrator.errors import ManifestError
from migrator.locks import LockClass
from migrator.names import TableName
from migrator.pg.connection import connect, server_version
from migrator.pg.failures import translated
from migrator.pg.session import DdlSession, open_session
from migrator.phases.claims import owners_in
from migrator.phases.execution import Timeouts, limit_transaction
from migrator.phases.folder import PhaseFile, read_sql
from migrator.phases.lock_wait import LockWait
from migrator.phases.losses import losses_in, written_by
from migrator.phases.step_run import StepRun
from migrator.phases.steps import Step, steps_in
from migrator.schema.order import is_repeatable, order_key
from migrator.state import repeatables
from migrator.state.store import Store

if TYPE_CHECKING:
    from migrator.phases.engine import Engine

_PHASE = "repeatable"
_CATALOG_LOCK_SECONDS = 5.0
"""`lock_timeout` of files that lock no table: as for steps of migrations."""


@dataclass(frozen=True, slots=True)
class Repeatable:
    """One file as it is now; `name` is the file's without `.sql`."""

    name: str
    file: PhaseFile


@dataclass(frozen=True, slots=True)
class Applied:
    """A file that ran; `why` is `new` or `changed`."""

    name: str
    why: str


def load_repeatables(migrations: Path) -> tuple[Repeatable, ...]:
    """Read and check the repeatable files of the folder, in the order of their names.

    Raises:
        ManifestError: one cannot be read, or removes data each time that it runs.
    """
    return tuple(_load(path) for path in repeatable_paths(migrations))


def _load(path: Path) -> Repeatable:
    """Read one file; rows may go from a table that the same file fills again: so reference data is kept."""
    file = read_sql(path)
    filled = {table for statement in file.statements for table in written_by(statement)}
    for loss in losses_in(file.statements):
        if not (loss.kind == "rows" and TableName(loss.schema, loss.name) in filled):
            raise ManifestError(
                f"{path} removes {loss} each time that it runs.",
                "Move that statement into a migration of its own: there it is confirmed, and runs once.",
            )
    return Repeatable(path.stem, file)


def repeatable_paths(migrations: Path) -> tuple[Path, ...]:
    """Return the repeatable files of the folder, in the order of their names."""
    if not migrations.is_dir():
        return ()
    paths = [path for path in migrations.iterdir() if is_repeatable(path.name) and path.is_file()]
    return tuple(sorted(paths, key=lambda path: order_key(path.name)))


def due(store: Store, files: Iterable[Repeatable]) -> tuple[tuple[Repeatable, str], ...]:
    """Return the files that never ran or are not what they were, each with `new` or `changed`."""
    known = repeatables.recorded(store.connection)
    pairs = [(file, known.get(file.name)) for file in files]
    return tuple(
        (file, "changed" if record else "new")
        for file, record in pairs
        if record is None or record.sha256 != file.file.sha256
    )


def apply_changed(engine: "Engine", files: tuple[Repeatable, ...]) -> tuple[Applied, ...]:
    """Run the files that are new or changed, each in its own transaction.

    Raises:
        ManifestError: a file holds what cannot run in a transaction.
        LockBudgetSpent, LeaseHeld, Stopped: later.
        DatabaseFailed: the server refused; that file left nothing.
    """
    with connect(engine.dsn, application_name="migrator/repeatables") as connection:
        if not due(Store(connection, engine.actor), files):
            return ()
    wait = engine.settings.locks.runner_wait.total_seconds()
    with open_session(engine.dsn, "repeatables", engine.clock, wait) as session, session.ddl_turn():
        store = Store(session.connection, engine.actor)
        version = server_version(session.connection) // 10000
        todo = [(file, why, _as_step(file, version)) for file, why in due(store, files)]
        for file, why, step in todo:
            engine.clock.check_stop(f"before {file.name}")
            with translated(file.name):
                _perform(engine, session, _Once(store, file, step, why, version))
        return tuple(Applied(file.name, why) for file, why, _ in todo)


def _perform(engine: "Engine", session: DdlSession, once: "_Once") -> None:
    session.name_step(once.file.name)
    if once.step.statements and once.step.lock_class is LockClass.STRONG:
        run = StepRun(once.step, session, once.store, engine.clock, engine.events, engine.settings.locks)
        LockWait(run).execute(once)
    else:
        once.run(Timeouts(_CATALOG_LOCK_SECONDS, engine.settings.locks.statement_timeout.total_seconds()))


@dataclass(frozen=True, slots=True)
class _Once:
    """One try of one file."""

    store: Store
    file: Repeatable
    step: Step
    why: str
    pg_version: int

    def run(self, timeouts: Timeouts, first: Sequence[str] = ()) -> None:
        """Run the statements, after `first`, and record the file, in one transaction."""
        connection = self.store.connection
        with connection.transaction():
            limit_transaction(connection, timeouts)
            for text in (*first, *(statement.text for statement in self.step.statements)):
                connection.execute(text.encode())
            repeatables.record(connection, self.file.name, self.file.file.sha256, self.store.actor)
            detail = {"why": self.why, "sha256": self.file.file.sha256}
            self.store.audit("repeatable.applied", self.file.name, detail)
            self.store.vouch(f"{self.file.name} ran", owners_in(connection, self.step.statements, self.pg_version))


def _as_step(file: Repeatable, pg_version: int) -> Step:
    """Return all statements of the file as one step.

    Raises:
        ManifestError: the server runs one of them only outside of transactions.
    """
    steps = steps_in(file.file, _PHASE, pg_version)
    if not all(step.is_transactional for step in steps):
        raise ManifestError(
            f"{file.file.path} holds a statement that cannot run in a transaction.",
            "A repeatable file runs whole or not at all: move that statement into a migration.",
        )
    statements = tuple(statement for step in steps for statement in step.statements)
    return Step(_PHASE, 1, statements, tuple(effects for step in steps for effects in step.effects))
