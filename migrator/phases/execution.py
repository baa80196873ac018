"""One try of a step: its statements under their timeouts, the catalog's answer after each, and the record.

Called by the executor, which chooses the timeouts and decides what happens when a try fails.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from migrator.errors import CatalogConflict, OutcomeUnknown
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.failures import is_connection_loss
from migrator.pg.queries import query
from migrator.phases.probes import Finding, declared_probe, probe
from migrator.phases.steps import Step
from migrator.state.store import Store
from migrator.statements.effects import Effects
from migrator.statements.statement import Statement

_TRANSACTION_TIMEOUT_SINCE = 170000


@dataclass(frozen=True, slots=True)
class Timeouts:
    """What a statement may wait and take; 0 is no limit."""

    lock_seconds: float
    statement_seconds: float = 0
    transaction_seconds: float = 0
    """Of a transaction that blocks others; a client that stands still in the middle of it is ended by the server."""


class Attempt(Protocol):
    """What the ladder for strong locks tries again and again, under the timeouts of each rung."""

    def run(self, timeouts: Timeouts, first: Sequence[str] = ()) -> None:
        """Do all of it, after `first` in its transaction, or raise with nothing done."""
        ...


@dataclass(frozen=True, slots=True)
class Try:
    """The statements of a step that are still to run, on the connection that holds the runner's lock."""

    connection: Connection
    store: Store
    migration: str
    step: Step
    statements: tuple[Statement, ...]
    on_executed: Callable[[], None]
    """Called between a statement that cannot share a transaction with its record and that record."""
    evidence: Callable[[], Mapping[str, object]] = dict
    """What the step rests on, for its audit row; asked when it is recorded."""

    def run(self, timeouts: Timeouts, first: Sequence[str] = ()) -> None:
        """Run the statements and record the step as done.

        Args:
            timeouts: of this try.
            first: statements that take locks of a transactional step in another order than its own do.

        Raises:
            CatalogConflict: the server accepted a statement, and the catalog does not show its effect.
            OutcomeUnknown: the connection was lost in COMMIT.
            DatabaseError: the server refused; nothing was kept of a transactional step.
        """
        if self.step.is_transactional:
            self._run_in_transaction(timeouts, first)
            return
        with session_timeouts(self.connection, timeouts):
            self.connection.execute(self.statements[0].text.encode())
        self.on_executed()
        self._check(self.statements[0])
        self._check_declared()
        self._record()

    def _run_in_transaction(self, timeouts: Timeouts, first: Sequence[str]) -> None:
        is_committing = False
        try:
            with self.connection.transaction():
                limit_transaction(self.connection, timeouts)
                for text in first:
                    self.connection.execute(text.encode())
                for statement in self.statements:
                    self.connection.execute(statement.text.encode())
                    self._check(statement)
                self._check_declared()
                self._record()
                is_committing = True
        except DatabaseError as exc:
            if is_committing and is_connection_loss(exc):
                raise self._unknown() from exc
            raise

    def _unknown(self) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"The connection was lost while step {self.step.number} of {self.step.phase} was being committed.",
            "Run `migrator resume` when the server is back: the record was in the same transaction and tells the rest.",
        )

    def _check(self, statement: Statement) -> None:
        """Look directly after the statement: a later one of the same transaction may undo what this one did."""
        if self.step.directive.probe:
            return
        found = probe(self.connection, statement, self._effects(statement))
        if found.finding not in {Finding.DONE, Finding.UNKNOWABLE}:
            raise self._conflict(f"the catalog does not show its effect ({found.finding.value})")

    def _check_declared(self) -> None:
        """Ask the probe of the file, which speaks for the whole step."""
        if self.step.directive.probe and not declared_probe(self.connection, self.step):
            raise self._conflict("its probe says that it is not done")

    def _conflict(self, problem: str) -> CatalogConflict:
        return CatalogConflict(
            f"The server accepted step {self.step.number} of {self.step.phase}, but {problem}: {self.step.name}.",
            "Look for a concurrent change or an event trigger, then run `migrator resume`.",
        )

    def _effects(self, statement: Statement) -> Effects:
        pairs = zip(self.step.statements, self.step.effects, strict=True)
        return next(effects for candidate, effects in pairs if candidate is statement)

    def finish(self) -> None:
        """Record a step of which the clean-up before it did all that was left."""
        for statement in self.step.statements:
            self._check(statement)
        self._record()

    def _record(self) -> None:
        self.store.end_step(self.migration, self.step.phase, self.step.number, "done", evidence=self.evidence())


@contextmanager
def session_timeouts(connection: Connection, timeouts: Timeouts) -> Generator[None]:
    """Set the timeouts of a statement that runs outside transactions; what runs after it gets its own back."""
    _set(connection, "session.set_session", timeouts)
    try:
        yield
    finally:
        with suppress(DatabaseError):  # a lost session has no settings, and its loss is being reported
            connection.execute("RESET lock_timeout")
            connection.execute("RESET statement_timeout")


def limit_transaction(connection: Connection, timeouts: Timeouts) -> None:
    """Set the timeouts of the open transaction.

    The server ends one that blocks others when its client stands still, or takes too long with all.
    """
    _set(connection, "session.set_local", timeouts)
    seconds = timeouts.transaction_seconds
    if not seconds:
        return
    names = ["idle_in_transaction_session_timeout"]
    names += ["transaction_timeout"] if server_version(connection) >= _TRANSACTION_TIMEOUT_SINCE else []
    for name in names:
        connection.execute(query("session.set_local"), {"name": name, "value": f"{round(seconds * 1000)}ms"})


def _set(connection: Connection, name: str, timeouts: Timeouts) -> None:
    values = {"lock_timeout": timeouts.lock_seconds, "statement_timeout": timeouts.statement_seconds}
    for setting, seconds in values.items():
        connection.execute(query(name), {"name": setting, "value": f"{round(seconds * 1000)}ms"})
