"""What a batch does to its rows: SQL by hand, a Python function, deletion, archiving; tables by page or partition."""

import threading
from typing import Any

import pytest

from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.clock import SystemClock
from migrator.errors import InputError, Refused, Stopped
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.state import backfills
from tests.backfill.scenes import MIGRATION, Heard, install_state, make_table, request, touched
from tests.fix_server import Database

SMALL = {"batch_size": 30, "target_batch": "2ms"}


def spec(**values: Any) -> BackfillSpec:
    return BackfillSpec.model_validate({"table": "items", "limits": SMALL, **values})


@pytest.fixture(autouse=True)
def _state(request: pytest.FixtureRequest) -> None:
    name = "connection" if "connection" in request.fixturenames else "one_connection"
    install_state(request.getfixturevalue(name))


def count(connection: Connection, table: str, where: str = "true") -> int:
    row = connection.execute(f"SELECT count(*) AS n FROM {table} WHERE {where}".encode()).fetchone()
    return row["n"] if row else -1


COUNT_UP = {"python": "tests.backfill.transforms:count_up", "reads": ["touched"], "writes": ["touched"]}


@pytest.mark.parametrize("kind", ["integer", "text-collated", "composite"])
def test_python_changes_every_row_once(kind: str, one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, kind, 600)
    result = BackfillRunner(request(one_database.dsn, spec(**COUNT_UP))).run()
    assert touched(one_connection) == {1: 600}
    assert result.rows == 600
    assert result.batches > 3


def test_python_writes_any_type(database: Database, connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE items (id int PRIMARY KEY, born timestamptz, words varchar(40), data jsonb, amount numeric(8,2),"
        " at date)"
    )
    connection.execute("INSERT INTO items SELECT g, '2026-01-01'::timestamptz + g * '1 day'::interval"
                       " FROM generate_series(1, 200) g")  # fmt: skip
    backfill = spec(python="tests.backfill.transforms:describe", writes=["words", "data", "amount", "at"])
    assert BackfillRunner(request(database.dsn, backfill)).run().rows == 180
    right = (
        "(data->>'id')::int = id AND amount = round(id / 4.0, 2) AND at = born::date AND "
        "words IS NOT DISTINCT FROM CASE WHEN id % 7 <> 0 THEN 'it''s ' || id || ' {,\"\\' END"
    )
    assert count(connection, "items", right) == 180
    assert count(connection, "items", "id % 10 = 0 AND data IS NULL") == 20


def test_python_never_writes_over_a_newer_row(
    one_database: Database, one_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The application changes a row between our reading and our writing: the batch is tried again anew."""
    make_table(one_connection, "integer", 100)
    changed: list[int] = []

    def meddled(rows: Any) -> list[dict[str, int]]:
        if not changed:
            changed.append(rows[3]["id"])
            with connect(one_database.dsn) as application:
                application.execute("UPDATE items SET touched = 40 WHERE id = %s", changed)
        return [{"touched": row["touched"] + 1} for row in rows]

    monkeypatch.setattr("tests.backfill.transforms.count_up", meddled)
    heard = Heard()
    BackfillRunner(request(one_database.dsn, spec(**COUNT_UP), heard)).run()
    assert touched(one_connection) == {1: 99, 41: 1}
    assert [event.data["sqlstate"] for event in heard.of(EventKind.BACKFILL_RETRY)] == ["40001"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"python": "tests.backfill.transforms:too_few"}, "returned 9 rows for 10"),
        ({"python": "tests.backfill.transforms:other_column"}, "toched for a row instead of touched"),
        ({"python": "tests.backfill.transforms:nothing"}, "cannot be imported"),
        ({"python": "no_such_package.module:f"}, "cannot be imported"),
        ({"writes": ["nothing"]}, "writes: nothing"),
    ],
)
def test_wrong_functions_are_named(
    change: dict[str, Any], message: str, one_database: Database, one_connection: Connection
) -> None:
    make_table(one_connection, "integer", 100)
    with pytest.raises(InputError, match=message):
        BackfillRunner(request(one_database.dsn, spec(**COUNT_UP | change))).run()
    assert touched(one_connection) == {0: 100}


@pytest.mark.parametrize("kind", ["integer", "composite"])
def test_sql_by_hand(kind: str, one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, kind, 600)
    one_connection.execute("CREATE TABLE factor AS SELECT 1 AS one, '100%' AS label")
    text = "UPDATE items SET touched = touched + one FROM factor WHERE :range AND label LIKE '1%' -- all of them"
    BackfillRunner(request(one_database.dsn, spec(sql=text))).run()
    assert touched(one_connection) == {1: 600}


def test_sql_by_hand_fills_another_table(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 200)
    one_connection.execute("CREATE TABLE copies (id bigint PRIMARY KEY)")
    text = "INSERT INTO copies SELECT id FROM items WHERE :range;"
    assert BackfillRunner(request(one_database.dsn, spec(sql=text))).run().rows == 200
    assert count(one_connection, "copies") == 200


def test_rows_are_deleted(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 500)
    result = BackfillRunner(request(one_database.dsn, spec(delete=True, where="id % 2 = 0"))).run()
    assert result.rows == 250
    assert count(one_connection, "items") == count(one_connection, "items", "id % 2 <> 0") == 250


def test_rows_are_moved_to_an_archive(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "composite", 500)
    one_connection.execute(
        "CREATE TABLE archive (moved_at timestamptz DEFAULT now(), touched int, c uuid, b text, a int)"
    )
    one_connection.execute("CREATE TABLE before AS SELECT * FROM items")
    BackfillRunner(request(one_database.dsn, spec(archive_to="archive", where="a > 0"))).run()
    assert count(one_connection, "items", "a > 0") == 0
    assert count(one_connection, "archive") == count(one_connection, "before", "a > 0") > 300
    same = "NOT EXISTS (SELECT FROM before WHERE (before.a, before.b, before.c) = (archive.a, archive.b, archive.c))"
    assert count(one_connection, "archive", same) == 0


def by_ctid(**values: Any) -> BackfillSpec:
    return spec(set={"touched": "touched + 1"}, where="touched = 0", by="ctid", compare=False, **values)


def test_a_table_without_a_key_goes_by_its_pages(database: Database, connection: Connection) -> None:
    connection.execute("CREATE TABLE items (id int, touched int NOT NULL DEFAULT 0)")
    connection.execute("INSERT INTO items SELECT g % 100 FROM generate_series(1, 3000) g")
    connection.execute("ANALYZE items")
    result = BackfillRunner(request(database.dsn, by_ctid())).run()
    assert touched(connection) == {1: 3000}
    assert result.batches > 3


def test_a_rewritten_table_stops_its_backfill_by_ctid(one_database: Database, one_connection: Connection) -> None:
    one_connection.execute("CREATE TABLE items (id int, touched int NOT NULL DEFAULT 0)")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 3000) g")
    stop, heard = threading.Event(), Heard()
    heard.on[EventKind.BACKFILL_BATCH] = lambda _: stop.set()
    with pytest.raises(Stopped):
        BackfillRunner(request(one_database.dsn, by_ctid(), heard, clock=SystemClock(stop))).run()
    one_connection.execute("VACUUM FULL items")
    with pytest.raises(Refused, match="was rewritten"):
        BackfillRunner(request(one_database.dsn, by_ctid())).run()


def make_partitions(connection: Connection, rows: int) -> None:
    connection.execute(
        "CREATE TABLE items (region int, id int, touched int NOT NULL DEFAULT 0, PRIMARY KEY (region, id))"
        " PARTITION BY LIST (region)"
    )
    for region in range(3):
        connection.execute(f'CREATE TABLE "part {region}" PARTITION OF items FOR VALUES IN ({region})'.encode())
    connection.execute('CREATE TABLE "part 3" PARTITION OF items FOR VALUES IN (3) PARTITION BY HASH (id)')
    connection.execute('CREATE TABLE "part 3.1" PARTITION OF "part 3" FOR VALUES WITH (modulus 1, remainder 0)')
    connection.execute(f"INSERT INTO items SELECT g % 4, g FROM generate_series(1, {rows}) g".encode())
    connection.execute("ANALYZE items")


def test_partitions_are_walked_one_after_the_other(one_database: Database, one_connection: Connection) -> None:
    make_partitions(one_connection, 1000)
    backfill = spec(set={"touched": "touched + 1"}, compare=False)
    stop, heard = threading.Event(), Heard()
    heard.on[EventKind.BACKFILL_BATCH] = lambda _: stop.set() if len(heard.of(EventKind.BACKFILL_BATCH)) == 12 else None
    with pytest.raises(Stopped):
        BackfillRunner(request(one_database.dsn, backfill, heard, clock=SystemClock(stop))).run()
    done = one_connection.execute("SELECT region FROM items GROUP BY region HAVING min(touched) = 1").fetchall()
    begun = one_connection.execute("SELECT region FROM items WHERE touched = 1 GROUP BY region").fetchall()
    assert len(begun) - len(done) <= 1, "one partition at a time"
    result = BackfillRunner(request(one_database.dsn, backfill)).run()
    assert touched(one_connection) == {1: 1000}
    assert result.rows_done == 1000
    assert backfills.read(one_connection, MIGRATION, "items_touched").state == "finished"


def test_rows_that_change_their_partition(one_database: Database, one_connection: Connection) -> None:
    """An UPDATE of one partition cannot move a row to another: such a table is walked as a whole."""
    make_partitions(one_connection, 400)
    backfill = spec(set={"region": "3 - region", "touched": "touched + 1"}, where="touched = 0", compare=False)
    BackfillRunner(request(one_database.dsn, backfill)).run()
    assert touched(one_connection) == {1: 400}


def test_an_archive_that_lacks_a_column_is_refused(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 50)
    one_connection.execute("CREATE TABLE archive (id bigint)")
    with pytest.raises(InputError, match="has no column touched"):
        BackfillRunner(request(one_database.dsn, spec(archive_to="archive", where="true"))).run()
    assert count(one_connection, "items") == 50
