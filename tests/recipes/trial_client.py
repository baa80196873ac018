"""A background client of a trial: runs its code's actions on rows that it alone writes, and checks every answer.

Half of the clients prepare every statement, as JDBC and many pools do; the other half never does. Now and then two
actions share a transaction. An error is recorded and the client goes on, as an application would.
"""

import random
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from migrator.clock import SystemClock
from migrator.pg.driver import Connection, DatabaseError, dict_row
from tests.recipes.workload import Action, Code, Verb, Workload

Row = dict[str, object]
_LONGEST_THINKING_SECONDS = 0.01
_PATIENCE_SECONDS = 60


@dataclass
class Share:
    """The rows that one client alone writes, as it wrote them; outlives the client, as rows outlive a deploy."""

    number: int
    rows: dict[object, Row] = field(default_factory=dict[object, Row])
    gone: list[object] = field(default_factory=list[object])
    """Keys that were deleted; they are inserted again."""
    made: Iterator[int] = field(default_factory=count)

    @property
    def next_number(self) -> int:
        """A number that no other share gives: for a new key, or for values."""
        return (self.number + 1) * 1_000_000 + next(self.made)


class WrongAnswer(Exception):
    """A row is not as this client wrote it."""


@dataclass
class Client:
    """One instance of the application."""

    name: str
    dsn: str
    workload: Workload
    code: Code
    share: Share
    is_preparing: bool
    queries: int = 0
    longest_seconds: float = 0.0
    failed: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])
    todo: list[Action] = field(default_factory=list[Action])
    """What is left of a round through all actions."""
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Held during a query (or transaction): who takes it finds the client between two."""

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop, every action as often as any other."""
        dice = random.Random(self.name)  # noqa: S311 repeatable choices, no secret
        with self._connect() as connection:
            while not stop.is_set():
                with self.turn:
                    self.todo = self.todo or dice.sample(self.code.actions, len(self.code.actions))
                    together = [self.todo.pop() for _ in range(min(len(self.todo), dice.choice((1, 1, 1, 1, 2))))]
                    self._attempt(connection, together, dice)
                stop.wait(dice.uniform(0.001, _LONGEST_THINKING_SECONDS))

    def _connect(self) -> Connection:
        return Connection.connect(
            self.dsn,
            autocommit=True,
            row_factory=dict_row,
            application_name=f"shop/{self.name}",
            prepare_threshold=0 if self.is_preparing else None,
        )

    def _attempt(self, connection: Connection, actions: Sequence[Action], dice: random.Random) -> None:
        keys: list[object] = []
        try:
            with ExitStack() as stack:
                if len(actions) > 1:
                    stack.enter_context(connection.transaction())
                for action in actions:
                    keys.append(self._key(action, dice))
                    self._act(connection, action, keys[-1])
        except DatabaseError as exc:
            self.failed.append(
                f"{self.name}: {type(exc).__name__}: {exc} in {_on_one_line(actions[len(keys) - 1].sql)}"
            )
            self._forget(keys)
        except WrongAnswer as exc:
            self.wrong.append(f"{self.name}: {exc} in {_on_one_line(actions[len(keys) - 1].sql)}")
            self._forget(keys)

    def _forget(self, keys: Sequence[object]) -> None:
        """Nobody knows any more what is in these rows."""
        for key in keys:
            self.share.rows.pop(key, None)
            if key in self.share.gone:
                self.share.gone.remove(key)

    def _key(self, action: Action, dice: random.Random) -> object:
        is_new = action.verb is Verb.INSERT or (action.verb is Verb.UPSERT and dice.random() < 0.5)
        if not is_new and self.share.rows:
            return dice.choice(list(self.share.rows))
        if self.share.gone and dice.random() < 0.5:
            return self.share.gone.pop()
        return self.workload.key(self.share.next_number)

    def _act(self, connection: Connection, action: Action, key: object) -> None:
        drawn = self.workload.draw(self.share.next_number)
        known = self.share.rows.get(key, {})
        named = drawn if action.verb is not Verb.READ else {**drawn, **known}
        started = time.monotonic()
        try:
            cursor = connection.execute(action.sql.encode(), {**named, "key": key}, prepare=self.is_preparing)
            found = cursor.fetchall() if cursor.description else []
        finally:
            self.queries += 1
            self.longest_seconds = max(self.longest_seconds, time.monotonic() - started)
        if cursor.rowcount != 1:
            raise WrongAnswer(f"row {key!r}: {cursor.rowcount} rows instead of one")
        self._remember(action, key, {name: drawn[name] for name in self.workload.also_written(action.names)})
        if found and action.verb is not Verb.DELETE:
            for difference in differences(self.share.rows[key], found[0]):
                raise WrongAnswer(f"row {key!r}: {difference}")

    def _remember(self, action: Action, key: object, written: Row) -> None:
        rows = self.share.rows
        match action.verb:
            case Verb.READ:
                return
            case Verb.DELETE:
                rows.pop(key, None)
                self.share.gone.append(key)
            case Verb.UPDATE:
                rows[key] = {**rows.get(key, {}), **action.leaves, **written}
            case _:
                rows[key] = {**rows[key], **written} if key in rows else {**action.leaves, **written}


def differences(expected: Row, found: Row) -> Iterator[str]:
    """Yield every value that is not as expected; what only one side has is not compared."""
    for name in expected.keys() & found.keys():
        if expected[name] != found[name]:
            yield f"{name} is {found[name]!r} and should be {expected[name]!r}"


def _on_one_line(sql: str) -> str:
    return " ".join(sql.split())


class Fleet:
    """The clients of one version, each on its own thread and connection."""

    def __init__(self, dsn: str, version: str, workload: Workload, code: Code, shares: Sequence[Share]) -> None:
        self.clients = [
            Client(f"{version} {share.number}", dsn, workload, code, share, is_preparing=place % 2 == 0)
            for place, share in enumerate(shares)
        ]
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=client.run, args=(self._stop,), name=client.name, daemon=True)
            for client in self.clients
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether nobody has asked the clients to stop."""
        return not self._stop.is_set()

    def stop(self) -> None:
        """Ask every client to stop and wait until it has."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def deploy(self, code: Code) -> None:
        """Run other code on the same connections; when this returns no query of the code before is under way."""
        with self.paused():
            for client in self.clients:
                client.code, client.todo = code, []

    @contextmanager
    def paused(self) -> Generator[None]:
        """Keep every client between two queries for the time of the block."""
        with ExitStack() as stack:
            for client in self.clients:
                stack.enter_context(client.turn)
            yield

    def wait_for_queries(self) -> None:
        """Return when every client has run each of its actions once from now on."""
        clock = SystemClock()
        with self.paused():
            goals = {client.name: client.queries + len(client.code.actions) for client in self.clients}
            for client in self.clients:
                client.todo = []
        until = clock.monotonic() + _PATIENCE_SECONDS
        while any(client.queries < goals[client.name] for client in self.clients):
            assert clock.monotonic() < until, "the clients stand still"
            clock.wait(0.005, "clients work")
