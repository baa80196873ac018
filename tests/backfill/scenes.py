"""What the tests of backfills share: our schema installed, tables of every kind of key, a request for a run."""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from migrator.backfill.request import BackfillRequest
from migrator.backfill.runner import BackfillResult, BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.throttles.throttle import Throttle
from migrator.clock import Clock, SystemClock
from migrator.events import Event, EventKind, Events
from migrator.pg.connection import Connection, connect
from migrator.state.install import install

MIGRATION = "20260901_test"

KEYS = {
    "integer": ("id bigint PRIMARY KEY", "g * 7 - 1000"),
    "smallint": ("id smallint PRIMARY KEY", "g - 100"),
    "uuid": ("id uuid PRIMARY KEY", "md5(g::text)::uuid"),
    "text": (
        "id text PRIMARY KEY",
        "CASE g % 4 WHEN 0 THEN 'A' WHEN 1 THEN 'ä' WHEN 2 THEN 'a b' ELSE 'Z''\\' END || g",
    ),
    "text-collated": (
        "id text COLLATE {collation} PRIMARY KEY",
        "CASE g % 3 WHEN 0 THEN 'A' WHEN 1 THEN 'ä' ELSE 'z' END || g",
    ),
    "char": ("id char(8) PRIMARY KEY", "'k' || g"),
    "numeric": ("id numeric PRIMARY KEY", "g * 1.10"),
    "float": ("id float8 PRIMARY KEY", "sqrt(g)"),
    "timestamp": ("id timestamptz PRIMARY KEY", "'2026-01-01 00:00+02'::timestamptz + g * interval '1.000001 s'"),
    "interval": ("id interval PRIMARY KEY", "g * interval '-1 day 3 s'"),
    "bytea": ("id bytea PRIMARY KEY", "decode(md5(g::text), 'hex')"),
    "composite": ("a int, b text, c uuid, PRIMARY KEY (a, b, c)", "g % 3, (g % 5)::text, md5(g::text)::uuid"),
    "tenant": ("tenant int, id bigint, PRIMARY KEY (tenant, id)", "g / 200, g"),
    "unique": ("id int NOT NULL, junk int, UNIQUE (id)", "g, NULL"),
    "descending": ("id int NOT NULL, other int NOT NULL", "g, g % 2"),
    "both-ways": ("a int NOT NULL, b text NOT NULL, c uuid NOT NULL", "g % 3, (g % 5)::text, md5(g::text)::uuid"),
}
"""Name -> columns with the key, and expressions over `g` for their values."""
_INDEXES = {"descending": "id DESC, other DESC", "both-ways": "a DESC, b, c DESC"}


def install_state(connection: Connection) -> None:
    """Install our schema and a migration to which backfills can belong."""
    install(connection)
    connection.execute(
        "INSERT INTO migrator.migration (id, state, manifest) VALUES (%s, 'migrating', '{}') ON CONFLICT DO NOTHING",
        [MIGRATION],
    )


def make_table(connection: Connection, kind: str, rows: int) -> None:
    """Make the table `items` with the kind of key, `rows` rows and a counter `touched`."""
    columns, values = KEYS[kind]
    columns = columns.replace("{collation}", linguistic_collation(connection))
    connection.execute(f"CREATE TABLE items ({columns}, touched int NOT NULL DEFAULT 0)".encode())
    if kind in _INDEXES:
        connection.execute(f"CREATE UNIQUE INDEX items_key ON items ({_INDEXES[kind]})".encode())
    connection.execute(
        f"INSERT INTO items SELECT {values} FROM generate_series(1, {rows}) g ORDER BY random()".encode()
    )
    connection.execute("ANALYZE items")


def linguistic_collation(connection: Connection) -> str:
    """Return a collation that is not C: ICU's where the server has it, else libc's, else the built-in one."""
    row = connection.execute(
        """SELECT quote_ident(collname) AS name FROM pg_collation
           WHERE collencoding IN (-1, pg_char_to_encoding('UTF8')) AND collprovider <> 'd'
             AND collname NOT IN ('C', 'POSIX', 'ucs_basic')
           ORDER BY collname = 'und-x-icu' DESC, collname LIKE 'en_US%' DESC, collname LIMIT 1"""
    ).fetchone()
    assert row
    return row["name"]


def spec(**changes: Any) -> BackfillSpec:
    """Return the backfill that counts how often each row is touched."""
    values: dict[str, Any] = {"table": "items", "set": {"touched": "touched + 1"}, "compare": False}
    return BackfillSpec.model_validate(values | changes)


def by_python(**changes: Any) -> BackfillSpec:
    """Return the same backfill with a Python function as its source."""
    source = {"python": "tests.backfill.transforms:count_up", "reads": ["touched"], "writes": ["touched"]}
    return BackfillSpec.model_validate({"table": "items", "name": "items_touched", **source, **changes})


@dataclass
class Heard:
    """A listener that keeps all events, and calls a function after each of one kind."""

    events: list[Event] = field(default_factory=list[Event])
    on: dict[EventKind, Callable[[Event], None]] = field(default_factory=dict[EventKind, Callable[[Event], None]])

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.on.get(event.kind, lambda _: None)(event)

    def of(self, kind: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind is kind]


def request(
    dsn: str,
    backfill: BackfillSpec,
    listener: Callable[[Event], None] | None = None,
    *,
    clock: Clock | None = None,
    throttles: Sequence[Throttle] | None = (),
    **more: Any,
) -> BackfillRequest:
    """Return a request without throttles, unless they are asked for."""
    return BackfillRequest(
        connect=partial(connect, dsn, application_name="migrator/backfill"),
        migration=MIGRATION,
        spec=backfill,
        clock=clock or SystemClock(),
        events=Events(*([listener] if listener else [])),
        throttles=throttles,
        **more,
    )


def touched(connection: Connection) -> dict[int, int]:
    """Return how many rows were touched how often: `{1: 500}` when all were, once."""
    rows = connection.execute("SELECT touched, count(*) AS rows FROM items GROUP BY touched")
    return {row["touched"]: row["rows"] for row in rows}


class Background:
    """A run on its own thread; `result` raises what it raised."""

    def __init__(self, runner: BackfillRunner) -> None:
        self._runner = runner
        self._result: BackfillResult | None = None
        self._error: Exception | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._result = self._runner.run()
        except Exception as exc:  # noqa: BLE001 handed to the test
            self._error = exc

    def result(self) -> BackfillResult:
        self.thread.join()
        if self._error:
            raise self._error
        assert self._result
        return self._result


@contextmanager
def a_role(connection: Connection, name: str) -> Generator[str]:
    connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'".encode())
    try:
        yield name
    finally:
        connection.execute(f"DROP OWNED BY {name}".encode())
        connection.execute(f"DROP ROLE {name}".encode())
