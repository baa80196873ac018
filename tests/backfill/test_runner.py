"""A run from beginning to end: any key, any stop, one specification, one runner."""

import threading

import pytest

from migrator.backfill.runner import BackfillRunner
from migrator.clock import SystemClock
from migrator.errors import ChecksumChanged, InputError, Stopped
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.state import backfills
from tests.backfill.scenes import (
    KEYS,
    MIGRATION,
    Heard,
    install_state,
    linguistic_collation,
    make_table,
    request,
    spec,
    touched,
)
from tests.fix_server import Database

SMALL = {"batch_size": 30, "target_batch": "2ms"}


@pytest.fixture(autouse=True)
def _state(request: pytest.FixtureRequest) -> None:
    name = "connection" if "connection" in request.fixturenames else "one_connection"
    install_state(request.getfixturevalue(name))


@pytest.mark.parametrize("kind", KEYS)
def test_every_row_is_touched_once_by_any_key(kind: str, database: Database, connection: Connection) -> None:
    make_table(connection, kind, 600)
    result = BackfillRunner(request(database.dsn, spec(limits=SMALL))).run()
    assert touched(connection) == {1: 600}
    assert (result.rows, result.rows_done) == (600, 600)
    assert result.batches > 3
    record = backfills.read(connection, MIGRATION, "items_touched")
    assert (record.state, record.checkpoint, record.keys_done) == ("finished", record.end_key, 600)


def test_a_key_equal_by_collation_is_not_touched_twice(database: Database, connection: Connection) -> None:
    """Text that differs is not always a key that differs: 'a' = 'A' here, and the groups of b interleave."""
    if linguistic_collation(connection) != '"und-x-icu"':
        pytest.skip("this server was built without ICU, which alone has such collations")
    connection.execute("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    connection.execute(
        "CREATE TABLE items (a text COLLATE loose, b int, touched int NOT NULL DEFAULT 0, PRIMARY KEY (a, b))"
    )
    connection.execute(
        "INSERT INTO items SELECT CASE WHEN g % 2 = 0 THEN 'a' ELSE 'A' END || g / 100, g"
        " FROM generate_series(1, 600) g"
    )
    BackfillRunner(request(database.dsn, spec(limits=SMALL))).run()
    assert touched(connection) == {1: 600}


def test_where_limits_the_rows(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 1000)
    one_connection.execute("UPDATE items SET touched = 1 WHERE id % 2 = 0")
    heard = Heard()
    result = BackfillRunner(request(one_database.dsn, spec(where="touched % 3 = 0"), heard)).run()
    assert touched(one_connection) == {1: 1000}
    assert result.rows == 500
    last = heard.of(EventKind.BACKFILL_BATCH)[-1].data
    assert (last["rows_done"], last["rows_estimate"]) == (500, 1000)


def test_an_empty_table_is_done_at_once(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 0)
    heard = Heard()
    result = BackfillRunner(request(one_database.dsn, spec(), heard)).run()
    assert (result.rows, result.batches) == (0, 0)
    assert [event.kind for event in heard.events] == [EventKind.BACKFILL_STARTED, EventKind.BACKFILL_FINISHED]
    assert backfills.read(one_connection, MIGRATION, "items_touched").state == "finished"


def test_a_second_run_does_nothing(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 100)
    BackfillRunner(request(one_database.dsn, spec())).run()
    one_connection.execute("ALTER TABLE items RENAME TO gone")  # a later contract may have removed it all
    result = BackfillRunner(request(one_database.dsn, spec())).run()
    assert (result.rows, result.rows_done, result.batches) == (0, 100, 0)


def test_it_ends_while_rows_are_inserted(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 300)
    heard = Heard()
    insert = b"INSERT INTO items SELECT (SELECT max(id) FROM items) + g FROM generate_series(1, 100) g"
    heard.on[EventKind.BACKFILL_BATCH] = lambda _: one_connection.execute(insert) and None
    BackfillRunner(request(one_database.dsn, spec(limits=SMALL), heard)).run()
    batches = len(heard.of(EventKind.BACKFILL_BATCH))
    assert touched(one_connection) == {1: 300, 0: batches * 100}


def test_key_gaps_cost_nothing(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 10)
    one_connection.execute("INSERT INTO items SELECT 9000000000000000000 + g FROM generate_series(1, 10) g")
    result = BackfillRunner(request(one_database.dsn, spec(limits={"batch_size": 5}))).run()
    assert touched(one_connection) == {1: 20}
    assert result.batches <= 4


def test_statistics_are_fresh_at_the_end(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 100)
    BackfillRunner(request(one_database.dsn, spec())).run()
    row = one_connection.execute(
        "SELECT most_common_vals::text AS vals FROM pg_stats WHERE tablename = 'items' AND attname = 'touched'"
    ).fetchone()
    assert row
    assert row["vals"] == "{1}"


def test_stop_leaves_it_resumable(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 1000)
    stop = threading.Event()
    heard = Heard()
    heard.on[EventKind.BACKFILL_BATCH] = lambda _: stop.set() if len(heard.of(EventKind.BACKFILL_BATCH)) == 3 else None
    with pytest.raises(Stopped):
        BackfillRunner(request(one_database.dsn, spec(limits=SMALL), heard, clock=SystemClock(stop))).run()
    record = backfills.read(one_connection, MIGRATION, "items_touched")
    assert record.state == "running"
    assert record.rows_done == touched(one_connection)[1] < 1000
    result = BackfillRunner(request(one_database.dsn, spec(limits=SMALL))).run()
    assert touched(one_connection) == {1: 1000}
    assert (result.rows, result.rows_done) == (1000 - record.rows_done, 1000)


def test_a_changed_specification_is_refused_once_a_batch_ran(
    one_database: Database, one_connection: Connection
) -> None:
    make_table(one_connection, "integer", 100)
    text = spec().model_dump(mode="json", exclude_none=True)
    backfills.register(one_connection, MIGRATION, "items_touched", text, spec().checksum)
    changed = spec(name="items_touched", set={"touched": "touched + 2"})
    BackfillRunner(request(one_database.dsn, changed)).run()  # pending: it takes the new one
    assert touched(one_connection) == {2: 100}
    with pytest.raises(ChecksumChanged, match="items_touched was changed"):
        BackfillRunner(request(one_database.dsn, spec())).run()


@pytest.mark.parametrize(
    ("ddl", "message"),
    [
        ("CREATE TABLE items (id int, touched int)", "no primary key"),
        ("CREATE TABLE items (id int UNIQUE, touched int)", "no primary key"),
        (
            "CREATE TABLE items (id int NOT NULL, touched int); CREATE UNIQUE INDEX ON items (id) WHERE id > 0",
            "no primary",
        ),
        ("CREATE TABLE items (id int NOT NULL, touched int); CREATE UNIQUE INDEX ON items (abs(id))", "no primary"),
        ('CREATE TABLE items (id text NOT NULL, touched int); CREATE UNIQUE INDEX ON items (id COLLATE "C")', "no pri"),
        ("SELECT 1", "does not exist"),
        ("CREATE VIEW items AS SELECT 1 AS touched", "is not a table"),
    ],
)
def test_tables_that_cannot_be_walked_are_refused(
    ddl: str, message: str, one_database: Database, one_connection: Connection
) -> None:
    one_connection.execute(ddl.encode())
    with pytest.raises(InputError, match=message):
        BackfillRunner(request(one_database.dsn, spec())).run()


def test_partitions_are_walked_as_one_table(one_database: Database, one_connection: Connection) -> None:
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, touched int DEFAULT 0) PARTITION BY HASH (id)")
    for part in range(3):
        one_connection.execute(
            f"CREATE TABLE items_{part} PARTITION OF items FOR VALUES WITH (modulus 3, remainder {part})".encode()
        )
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 1000) g")
    BackfillRunner(request(one_database.dsn, spec(limits=SMALL))).run()
    assert touched(one_connection) == {1: 1000}


def test_the_sync_trigger_lets_the_backfill_pass(one_database: Database, one_connection: Connection) -> None:
    """The trigger's word is the migration's id; in a write of the application it is not set."""
    make_table(one_connection, "integer", 100)
    one_connection.execute(
        f"""CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF current_setting('migrator.bypass', true) = '{MIGRATION}' THEN RETURN NEW; END IF;
              NEW.touched := 100; RETURN NEW; END $$""".encode()
    )
    one_connection.execute("CREATE TRIGGER t BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION sync()")
    BackfillRunner(request(one_database.dsn, spec())).run()
    assert touched(one_connection) == {1: 100}
    with connect(one_database.dsn) as application:
        application.execute("UPDATE items SET id = id")
    assert touched(one_connection) == {100: 100}
