"""What Python functions return and raise, and what the rows hold that they are given."""

import re
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any, Protocol

import pytest

from migrator.backfill.keyset import KeyRange
from migrator.backfill.parts import read_part
from migrator.backfill.pieces import Piece
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.clock import SystemClock
from migrator.errors import DatabaseFailed, InputError, Refused
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import make_conninfo
from migrator.pg.reopened import ReopenedSession
from migrator.state import quarantine
from migrator.state.places import Place
from tests.backfill.scenes import MIGRATION, install_state, request
from tests.fix_server import Database, wait_until

Rows = Sequence[Mapping[str, Any]]
Function = Callable[[Rows], object]


class Run(Protocol):
    """Runs a function of the test on a table."""

    def __call__(self, function: Function, writes: Sequence[str], table: str = "items", **more: Any) -> None: ...


@pytest.fixture
def run(one_database: Database, one_connection: Connection) -> Generator[Run]:
    """Run a backfill of a table with a function of the test."""
    install_state(one_connection)
    module = ModuleType("transform_of_the_test")
    sys.modules[module.__name__] = module

    def go(function: Function, writes: Sequence[str], table: str = "items", **more: Any) -> None:
        module.function = function  # type: ignore[attr-defined]
        values = {"table": table, "python": f"{module.__name__}:function", "writes": writes, "name": "x"} | more
        BackfillRunner(request(one_database.dsn, BackfillSpec.model_validate(values))).run()

    yield go
    del sys.modules[module.__name__]


def aside(connection: Connection) -> list[tuple[str, str]]:
    """Return the keys that were set aside, and why."""
    rows = quarantine.of_backfill(connection, MIGRATION, "x", 1000)
    return [(", ".join(row.key), row.error) for row in rows]


def test_every_type_is_written_as_the_column_has_it(run: Run, one_connection: Connection) -> None:
    one_connection.execute(
        """CREATE DOMAIN document AS jsonb;
           CREATE TABLE items (id int PRIMARY KEY, numbers int[], words text[], doc document, raw json, bytes bytea,
               price numeric(8, 2), at timestamptz, note text, code char(4))"""
    )
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 12) g")

    def values(rows: Rows) -> list[Mapping[str, Any]]:
        prices: list[Any] = [1, 2.5, Decimal("1.105")]
        return [
            {
                "numbers": [row["id"], None],
                "words": ["{", '"', ",", None],
                "doc": {"k": [1.5, None]},
                "raw": "text",
                "bytes": b"\0'\xff",
                "price": prices[row["id"] % 3],
                "at": datetime(2026, 1, 1, tzinfo=UTC) if row["id"] % 2 else datetime(2026, 1, 1),  # noqa: DTZ001
                "note": None if row["id"] == 1 else "%s",
                "code": "ab",
            }
            for row in rows
        ]

    run(values, ["numbers", "words", "doc", "raw", "bytes", "price", "at", "note", "code"], reads=["id"])
    assert one_connection.execute(
        """SELECT count(*) AS rows FROM items WHERE numbers = ARRAY[id, NULL] AND words = ARRAY['{', '"', ',', NULL]
               AND doc = '{"k": [1.5, null]}' AND raw::text = '"text"' AND bytes = '\\x0027ff' AND code = 'ab'
               AND price = (ARRAY[1, 2.5, 1.11])[id % 3 + 1] AND at = timestamptz '2026-01-01 00:00+00'
               AND note IS NOT DISTINCT FROM CASE WHEN id > 1 THEN '%s' END"""
    ).fetchone() == {"rows": 12}


FAILING: dict[str, tuple[Function, str]] = {
    "raises": (lambda rows: [{"note": str(1 // (row["id"] - 7))} for row in rows], "raised ZeroDivisionError: .*:"),
    "nul": (lambda rows: [{"note": "\0" if row["id"] == 7 else ""} for row in rows], "cannot contain NUL"),
    "no type": (lambda rows: [{"note": {1} if row["id"] == 7 else ""} for row in rows], "cannot adapt type 'set'"),
    "too long": (lambda rows: [{"note": "abcdef" if row["id"] == 7 else "a"} for row in rows], "too long for type"),
}
ODD: dict[str, object] = {"nothing": None, "no mappings": [["note"]] * 4, "too few": [{"note": ""}] * 3}


@pytest.mark.parametrize(("function", "reason"), FAILING.values(), ids=FAILING)
def test_a_row_that_fails_is_set_aside_alone(
    function: Function, reason: str, run: Run, one_connection: Connection
) -> None:
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, note varchar(5))")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 40) g")
    run(function, ["note"])
    [(key, error)] = aside(one_connection)
    assert key == "7"
    assert re.search(reason, error)
    assert one_connection.execute("SELECT count(note) AS rows FROM items").fetchone() == {"rows": 39}


def test_a_function_that_always_raises_ends_the_run(run: Run, one_connection: Connection) -> None:
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, note text)")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 40) g")
    with pytest.raises(Refused, match=r"set aside 3 rows.*KeyError: 'nope'"):
        run(lambda rows: [{"note": row["nope"]} for row in rows], ["note"], limits={"quarantine_limit": 3})


@pytest.mark.parametrize("returned", ODD.values(), ids=ODD)
def test_what_is_no_row_for_each_row_is_refused(returned: object, run: Run, one_connection: Connection) -> None:
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, note text)")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 4) g")
    with pytest.raises(InputError, match="transform_of_the_test:function returned"):
        run(lambda _: returned, ["note"])


def test_times_that_python_does_not_know_come_as_text(run: Run, one_connection: Connection) -> None:
    one_connection.execute("CREATE TABLE items (at timestamptz PRIMARY KEY, hour time, note text)")
    one_connection.execute(
        "INSERT INTO items VALUES ('infinity', '24:00'), ('-infinity', '1:00'), ('4000-01-01 BC', '1:00')"
        ", ('2026-01-01 00:00+00', '1:00')"
    )
    run(lambda rows: [{"note": f"{row['at']} {row['hour']}"} for row in rows], ["note"])
    notes = {row["note"] for row in one_connection.execute("SELECT note FROM items")}
    assert {"infinity 24:00:00", "-infinity 01:00:00", "2026-01-01 00:00:00+00:00 01:00:00"} < notes


def test_rows_at_the_same_place_of_two_tables_keep_their_own_values(run: Run, one_connection: Connection) -> None:
    """ctid and xmin are the same in both partitions: only the table tells the rows apart."""
    one_connection.execute(
        """CREATE TABLE items (id int, half text, twin int, PRIMARY KEY (id, half)) PARTITION BY LIST (half);
           CREATE TABLE items_a PARTITION OF items FOR VALUES IN ('a');
           CREATE TABLE items_b PARTITION OF items FOR VALUES IN ('b')"""
    )
    one_connection.execute(
        "INSERT INTO items SELECT g, CASE WHEN g > 50 THEN 'b' ELSE 'a' END FROM generate_series(1, 100) g"
    )
    other = {"a": "b", "b": "a"}
    run(
        lambda rows: [{"twin": row["id"], "half": other[row["half"]]} for row in rows],
        ["twin", "half"],
        where="twin IS NULL",
    )
    wrong = "SELECT id FROM items WHERE twin IS DISTINCT FROM id OR half <> CASE WHEN id > 50 THEN 'a' ELSE 'b' END"
    assert one_connection.execute(wrong.encode()).fetchall() == []


def test_a_function_that_takes_long_for_a_row_is_given_fewer(run: Run, one_connection: Connection) -> None:
    """Else each try of the first batch would be ended by the server, as a session that is idle in its transaction."""
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, twin int, times int NOT NULL DEFAULT 0)")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 16) g")
    clock = SystemClock()

    def slow(rows: Rows) -> list[dict[str, int]]:
        clock.wait(0.12 * len(rows), "a service elsewhere")
        return [{"twin": row["id"], "times": row["times"] + 1} for row in rows]

    run(slow, ["twin", "times"], limits={"lease": "1s", "target_batch": "300ms"})
    assert one_connection.execute("SELECT FROM items WHERE twin IS DISTINCT FROM id OR times <> 1").rowcount == 0


def test_a_session_that_ends_while_the_function_works_costs_one_batch(run: Run, one_connection: Connection) -> None:
    """The server writes one portion and reads another meanwhile; both are lost with the session, and done again."""
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, twin int, written int NOT NULL DEFAULT 0)")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 3000) g")
    ended = list[int]()

    def twins(rows: Rows) -> list[dict[str, int]]:
        if len(ended) < 3 and rows[0]["id"] > 500 * (1 + len(ended)):
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            mine = " AND pid <> pg_backend_pid() AND application_name LIKE 'migrator/backfill%'"
            ended.append(len(one_connection.execute((others + mine).encode()).fetchall()))
        return [{"twin": row["id"], "written": row["written"] + 1} for row in rows]

    run(twins, ["twin", "written"])
    assert min(ended, default=0) > 0
    wrong = "SELECT id FROM items WHERE twin IS DISTINCT FROM id OR written <> 1"
    assert one_connection.execute(wrong.encode()).fetchall() == []


def test_rows_that_a_trigger_lets_be_are_left_to_the_verification(run: Run, one_connection: Connection) -> None:
    """They are not rows that others changed: the batch is not tried again and again."""
    one_connection.execute(
        """CREATE TABLE items (id int PRIMARY KEY, twin int);
           INSERT INTO items SELECT g FROM generate_series(1, 100) g;
           CREATE FUNCTION let_be() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
           CREATE TRIGGER let_be BEFORE UPDATE ON items FOR EACH ROW WHEN (OLD.id % 10 = 0) EXECUTE FUNCTION let_be()"""
    )
    run(lambda rows: [{"twin": row["id"]} for row in rows], ["twin"])
    left = one_connection.execute("SELECT count(*) AS rows FROM items WHERE twin IS NULL").fetchone()
    assert left == {"rows": 10}
    assert aside(one_connection) == []


def test_names_with_percent_signs_are_names(run: Run, one_connection: Connection) -> None:
    one_connection.execute(b'CREATE DOMAIN "a%t" AS text')
    one_connection.execute(b'CREATE TABLE "it%sems" ("i%d" int PRIMARY KEY, "no%(x)ste" "a%t")')
    one_connection.execute(b'INSERT INTO "it%sems" SELECT g FROM generate_series(1, 5) g')
    run(lambda rows: [{"no%(x)ste": str(row["i%d"])} for row in rows], ["no%(x)ste"], table='"it%sems"')
    found = one_connection.execute(b'SELECT count(*) AS rows FROM "it%sems" WHERE "no%(x)ste" = "i%d"::text')
    assert found.fetchone() == {"rows": 5}


def test_without_a_second_session_rows_are_read_in_that_of_the_batch(
    one_database: Database, one_connection: Connection
) -> None:
    """A server whose connections are used up is no reason to stop."""
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, touched int)")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 100) g")
    role = f"nobody_{one_connection.info.dbname}"
    one_connection.execute(
        f"CREATE ROLE {role} LOGIN PASSWORD '{one_connection.info.password}' CONNECTION LIMIT 0".encode()
    )
    refused = make_conninfo(one_database.dsn, user=role)
    with pytest.raises(DatabaseFailed, match="too many connections"):
        connect(refused)
    spec = BackfillSpec.model_validate(
        {"table": "items", "python": "tests.backfill.transforms:one", "writes": ["touched"]}
    )
    asked = request(one_database.dsn, spec)
    part = read_part(one_connection, asked, None, ReopenedSession(lambda: connect(refused)))
    with one_connection.transaction():
        keys = KeyRange(None, ("100",))
        assert part.source.change(one_connection, part.job, Piece(keys, Place(keys.upto))) == 100
    assert one_connection.execute("SELECT id FROM items WHERE touched IS DISTINCT FROM 1").fetchall() == []
    one_connection.execute(f"DROP ROLE {role}".encode())


def test_a_lock_that_queues_between_our_two_sessions_ends_the_batch_and_not_the_run(
    run: Run, one_database: Database, one_connection: Connection
) -> None:
    """Who reads holds the table and who writes waits behind the lock: the server sees no deadlock there."""
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, twin int)")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 3000) g")
    waiting = "SELECT FROM pg_locks WHERE relation = 'items'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted"

    def lock() -> None:
        with connect(one_database.dsn) as other, other.transaction():
            other.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")

    with ThreadPoolExecutor(1) as aside_thread:
        locked = list[Future[None]]()

        def twins(rows: Rows) -> list[dict[str, int]]:
            if not locked:
                locked.append(aside_thread.submit(lock))
                wait_until(lambda: one_connection.execute(waiting).rowcount == 1, "the lock is waited for")
            return [{"twin": row["id"]} for row in rows]

        run(twins, ["twin"])
        locked[0].result(30)
    assert one_connection.execute("SELECT id FROM items WHERE twin IS DISTINCT FROM id").fetchall() == []
    assert aside(one_connection) == []
