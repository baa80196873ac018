"""Application clients that never stop: old code, which knows `email`, and new code, which knows `mail`.

They read what they wrote, update whole rows, insert, upsert and join, each on its own connection, and record every
error and every latency. Used by the demo, by tests under every phase, and by docker-compose's application.
"""

import random
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from migrator.errors import MigratorError
from migrator.pg.driver import Connection, DatabaseError, dict_row, sql


@dataclass(frozen=True, slots=True)
class Sample:
    """One query: when it ended (time.monotonic), how long it took, what went wrong (empty: nothing)."""

    at: float
    seconds: float
    error: str = ""


@dataclass(slots=True)
class Client:
    """One application instance: its column names, its share of the rows, and what it saw."""

    name: str
    dsn: str
    column: str
    """The column that this code knows: the old name or the new one."""
    first_id: int
    last_id: int
    fresh_id: int
    """Rows from here on are inserted by this client."""
    version: str
    fallback: str = ""
    """The old column, which new code asks where the new one is still empty: rows that the backfill has not reached."""
    samples: list[Sample] = field(default_factory=list[Sample])
    written: dict[int, str] = field(default_factory=dict[int, str])
    """Row id -> the address that this client wrote last."""
    idle: threading.Event = field(default_factory=threading.Event)
    """Set while the client is paused and has no query under way."""

    def run(self, stop: threading.Event, go: threading.Event) -> None:
        """Work until told to stop; an error is recorded and the client goes on, as an application would."""
        dice = random.Random(self.name)  # noqa: S311 repeatable choices, no secret
        connection: Connection | None = None
        actions = (self._read, self._read, self._full_update, self._insert, self._upsert, self._join)
        while not stop.is_set():
            if not go.is_set():
                self.idle.set()
                go.wait()
                self.idle.clear()
                continue
            started = time.monotonic()
            try:
                connection = connection or self._connect()
                dice.choice(actions)(connection, dice)
                error = ""
            except (DatabaseError, WrongAnswer) as exc:
                error = f"{type(exc).__name__}: {exc}".splitlines()[0]
                connection = self._keep(connection)
            ended = time.monotonic()
            self.samples.append(Sample(ended, ended - started, error))
            stop.wait(dice.uniform(0.001, 0.004))
        if connection is not None:
            connection.close()

    def _connect(self) -> Connection:
        return Connection.connect(
            self.dsn, autocommit=True, row_factory=dict_row, application_name=f"shop/{self.version} {self.name}"
        )

    def _keep(self, connection: Connection | None) -> Connection | None:
        if connection is not None and not connection.broken:
            return connection
        return None

    def _read(self, connection: Connection, dice: random.Random) -> None:
        key = dice.randint(self.first_id, self.last_id)
        address = self._address(connection, self.column, key)
        if address is None and self.fallback:
            address = self._address(connection, self.fallback, key)
        if address is None:
            raise WrongAnswer(f"user {key} has no address any more")
        if self.written.get(key, address) != address:
            raise WrongAnswer(f"user {key} has {address!r}, written was {self.written[key]!r}")

    def _address(self, connection: Connection, column: str, key: int) -> str | None:
        query = sql.SQL("SELECT {} AS address, name FROM users WHERE id = %s").format(sql.Identifier(column))
        row = connection.execute(query, (key,)).fetchone()
        return row["address"] if row else None

    def _full_update(self, connection: Connection, dice: random.Random) -> None:
        """Write every column that this code knows, as ORMs do."""
        key = dice.randint(self.first_id, self.last_id)
        address = f"{self.name}-{dice.getrandbits(48):x}@example.com"
        query = sql.SQL("UPDATE users SET {column} = %s, name = %s, visits = visits + 1 WHERE id = %s")
        connection.execute(query.format(column=self._column), (address, f"by {self.name}", key))
        self.written[key] = address

    def _insert(self, connection: Connection, dice: random.Random) -> None:
        address = f"{self.name}-{self.fresh_id}@example.com"
        query = sql.SQL("INSERT INTO users (id, {column}, name) VALUES (%s, %s, %s)").format(column=self._column)
        connection.execute(query, (self.fresh_id, address, "inserted"))
        self.written[self.fresh_id] = address
        order = "INSERT INTO orders (user_id, amount) VALUES (%s, %s)"
        connection.execute(order, (self.fresh_id, dice.randint(1, 99)))
        self.fresh_id += 1

    def _upsert(self, connection: Connection, dice: random.Random) -> None:
        key = dice.randint(self.first_id, self.last_id)
        address = f"{self.name}-up-{dice.getrandbits(40):x}@example.com"
        query = sql.SQL(
            "INSERT INTO users (id, {column}, name) VALUES (%s, %s, 'upserted') "
            "ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column} RETURNING {column} AS address"
        )
        row = connection.execute(query.format(column=self._column), (key, address)).fetchone()
        if row is None or row["address"] != address:
            raise WrongAnswer(f"the upsert of user {key} returned {row}")
        self.written[key] = address

    def _join(self, connection: Connection, dice: random.Random) -> None:
        key = dice.randint(self.first_id, self.last_id)
        query = sql.SQL(
            "SELECT u.{column} AS address, count(o.id) AS orders FROM users u LEFT JOIN orders o ON o.user_id = u.id "
            "WHERE u.id = %s GROUP BY u.{column}"
        )
        if connection.execute(query.format(column=self._column), (key,)).fetchone() is None:
            raise WrongAnswer(f"user {key} vanished from a join")

    @property
    def _column(self) -> sql.Identifier:
        return sql.Identifier(self.column)


class WrongAnswer(MigratorError):
    """A client read something else than what it wrote."""


@dataclass(slots=True)
class Fleet:
    """Clients of one version, each on its own thread."""

    clients: list[Client]
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])
    _stop: threading.Event = field(default_factory=threading.Event)
    _go: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Start every client."""
        self._go.set()
        for client in self.clients:
            thread = threading.Thread(target=client.run, args=(self._stop, self._go), name=client.name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ask every client to stop and wait until it has."""
        self._stop.set()
        self._go.set()
        for thread in self._threads:
            thread.join()

    def pause(self) -> None:
        """Return when no client has a query under way; none begins one until `resume`."""
        self._go.clear()
        for client in self.clients:
            client.idle.wait()

    def resume(self) -> None:
        """Let the clients go on."""
        self._go.set()

    def take_samples(self) -> list[Sample]:
        """Return the samples since the last call and forget them, for clients that run for days."""
        taken: list[Sample] = []
        for client in self.clients:
            recent, client.samples = client.samples, []
            taken += recent
        return taken

    @property
    def samples(self) -> Iterable[Sample]:
        """Every query of every client so far."""
        for client in self.clients:
            yield from list(client.samples)


def fleet(
    dsn: str, *, column: str, version: str, count: int, first_slot: int, rows_per_client: int, fallback: str = ""
) -> Fleet:
    """Return `count` clients that own consecutive slices of the existing rows.

    Args:
        dsn: where they connect.
        column: the column that their code knows.
        version: goes into `application_name` as `shop/<version>`.
        count: number of clients.
        first_slot: number of the first slice; fleets that run together own different slices.
        rows_per_client: size of one slice; ids begin with 1.
        fallback: the column that is read where `column` is still empty.
    """
    slots = range(first_slot, first_slot + count)
    return Fleet([_client(dsn, column, version, slot, rows_per_client, fallback) for slot in slots])


def _client(dsn: str, column: str, version: str, slot: int, rows: int, fallback: str) -> Client:
    return Client(
        name=f"v{version}-{slot}",
        dsn=dsn,
        column=column,
        first_id=slot * rows + 1,
        last_id=(slot + 1) * rows,
        fresh_id=10_000_000 + slot * 1_000_000,
        version=version,
        fallback=fallback,
    )
