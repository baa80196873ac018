"""The proof after a backfill: nothing left, nothing different, whatever the type, the key and the collation."""

import threading
from functools import partial

import pytest

from migrator.backfill import control
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec, Limits
from migrator.backfill.throttles.throttle import Reading
from migrator.backfill.verify import How, Verification, verify
from migrator.clock import SystemClock
from migrator.errors import InputError, NotYet, Stopped
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.state import backfills
from tests.backfill.scenes import KEYS, MIGRATION, Heard, install_state, linguistic_collation, make_table, request, spec
from tests.fix_server import Database

SMALL = {"batch_size": 50, "target_batch": "2ms"}
COPY = BackfillSpec.model_validate(
    {"table": "items", "set": {"new": "old"}, "where": "new IS DISTINCT FROM old", "limits": SMALL}
)


@pytest.fixture(autouse=True)
def _state(request: pytest.FixtureRequest) -> None:
    names = ("connection", "one_connection", "private_connection")
    install_state(request.getfixturevalue(next(name for name in names if name in request.fixturenames)))


def make_pair(connection: Connection, type_name: str, value: str) -> None:
    connection.execute(f"CREATE TABLE items (id int PRIMARY KEY, old {type_name}, new {type_name})".encode())
    connection.execute(f"INSERT INTO items SELECT g, {value} FROM generate_series(1, 300) g".encode())
    connection.execute("ANALYZE items")


def test_nothing_left_and_nothing_different(database: Database, connection: Connection) -> None:
    make_pair(connection, "text", "CASE WHEN g % 10 > 0 THEN 'v' || g END")
    BackfillRunner(request(database.dsn, COPY)).run()
    heard = Heard()
    assert verify(request(database.dsn, COPY, heard)) == Verification("items_new", rows=300)
    [event] = heard.of(EventKind.BACKFILL_VERIFIED)
    assert event.data == {"name": "items_new", "rows": 300, "remaining": 0, "different": 0}
    [row] = control.status(connection, MIGRATION)
    assert (row["state"], row["remaining"], row["different"]) == ("verified", 0, 0)
    assert row["verified_at"] >= row["finished_at"]


def test_what_is_left_and_what_differs_is_counted(one_database: Database, one_connection: Connection) -> None:
    make_pair(one_connection, "text", "'v' || g")
    copy = COPY.model_copy(update={"where": "new IS NULL"})
    BackfillRunner(request(one_database.dsn, copy)).run()
    one_connection.execute("UPDATE items SET new = NULL WHERE id <= 3")
    one_connection.execute("UPDATE items SET new = 'V' || id WHERE id > 290")
    found = verify(request(one_database.dsn, copy))
    assert (found.rows, found.remaining, found.different) == (300, 3, 13)
    assert not found.is_clean
    assert backfills.read(one_connection, MIGRATION, "items_new").state == "finished"


def test_a_later_count_takes_the_proof_back(one_database: Database, one_connection: Connection) -> None:
    make_pair(one_connection, "text", "'v' || g")
    BackfillRunner(request(one_database.dsn, COPY)).run()
    assert verify(request(one_database.dsn, COPY)).is_clean
    one_connection.execute("UPDATE items SET new = NULL WHERE id = 3")
    assert not verify(request(one_database.dsn, COPY)).is_clean
    assert backfills.read(one_connection, MIGRATION, "items_new").state == "finished"


@pytest.mark.parametrize(
    ("type_name", "value", "other"),
    [
        ("json", "json_build_object('k', g)", "'{}'"),
        ("point", "point(g, g)", "point(0, 0)"),
        ("numeric(10,2)", "g * 1.005", "0"),
        ("int[]", "ARRAY[g, NULL]", "'{}'"),
        ("jsonb", "jsonb_build_object('k', g)", "'{}'"),
        ("bytea", "decode(md5(g::text), 'hex')", "''"),
        ("float8", "g / 3.0", "'NaN'"),
        ("char(5)", "g::text", "'x'"),
        ("text", "'v' || g", "'V' || id"),
    ],
)
def test_any_type_is_compared(
    type_name: str, value: str, other: str, one_database: Database, one_connection: Connection
) -> None:
    make_pair(one_connection, type_name, value)
    copy = COPY.model_copy(update={"where": "new IS NULL"})
    BackfillRunner(request(one_database.dsn, copy)).run()
    assert verify(request(one_database.dsn, copy)).is_clean
    one_connection.execute(f"UPDATE items SET new = {other} WHERE id % 100 = 0".encode())
    assert verify(request(one_database.dsn, copy)).different == 3


def test_a_difference_that_a_collation_hides_is_seen(database: Database, connection: Connection) -> None:
    if linguistic_collation(connection) != '"und-x-icu"':
        pytest.skip("this server was built without ICU, which alone has such collations")
    connection.execute("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    make_pair(connection, "text COLLATE loose", "'v' || g")
    BackfillRunner(request(database.dsn, COPY)).run()
    connection.execute("UPDATE items SET new = upper(new) WHERE id = 3")
    assert verify(request(database.dsn, COPY)).different == 1


def test_an_expression_is_compared_as_the_column_stores_it(one_database: Database, one_connection: Connection) -> None:
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, old numeric, new numeric(8, 2))")
    one_connection.execute("INSERT INTO items SELECT g, g / 7.0 FROM generate_series(1, 100) g")
    copy = BackfillSpec.model_validate({"table": "items", "set": {"new": "old * 2 -- doubled"}, "where": "new IS NULL"})
    BackfillRunner(request(one_database.dsn, copy)).run()
    assert verify(request(one_database.dsn, copy)).is_clean


def test_without_compare_only_what_is_left_counts(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 100)
    random = spec(set={"touched": "1 + (random() * 1000)::int"}, where="touched = 0")
    BackfillRunner(request(one_database.dsn, random)).run()
    assert verify(request(one_database.dsn, random)) == Verification("items_touched", rows=100)


@pytest.mark.parametrize("kind", KEYS)
def test_each_row_is_counted_once_by_any_key(kind: str, one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, kind, 250)
    everything = spec(where="touched >= 0", limits=SMALL)
    BackfillRunner(request(one_database.dsn, everything)).run()
    found = verify(request(one_database.dsn, everything))
    assert (found.rows, found.remaining) == (250, 250)


def test_an_unfinished_backfill_cannot_be_verified(one_database: Database, one_connection: Connection) -> None:
    make_pair(one_connection, "text", "'v' || g")
    with pytest.raises(NotYet, match="is pending"):
        verify(request(one_database.dsn, COPY))


def test_an_empty_table_is_clean(one_database: Database, one_connection: Connection) -> None:
    make_pair(one_connection, "text", "'v' || g")
    one_connection.execute("TRUNCATE items")
    BackfillRunner(request(one_database.dsn, COPY)).run()
    assert verify(request(one_database.dsn, COPY)) == Verification("items_new")
    assert backfills.read(one_connection, MIGRATION, "items_new").state == "verified"


def test_it_changes_nothing_even_when_an_expression_would(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 10)
    one_connection.execute("CREATE SEQUENCE numbers")
    counted = spec(set={"touched": "nextval('numbers')::int"}, compare=True)
    BackfillRunner(request(one_database.dsn, counted)).run()
    with pytest.raises(InputError, match="read-only transaction"):
        verify(request(one_database.dsn, counted))


def test_a_column_that_is_gone_is_named(one_database: Database, one_connection: Connection) -> None:
    make_pair(one_connection, "text", "'v' || g")
    BackfillRunner(request(one_database.dsn, COPY)).run()
    one_connection.execute("ALTER TABLE items DROP COLUMN new")
    with pytest.raises(InputError, match=r"public\.items has no column new"):
        verify(request(one_database.dsn, COPY))


def test_stop_stores_nothing(one_database: Database, one_connection: Connection) -> None:
    make_pair(one_connection, "text", "'v' || g")
    BackfillRunner(request(one_database.dsn, COPY)).run()
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped, match="verifying"):
        verify(request(one_database.dsn, COPY, clock=SystemClock(stop)))
    assert backfills.read(one_connection, MIGRATION, "items_new").state == "finished"


def test_rows_written_during_verification_do_not_keep_it_going(
    one_database: Database, one_connection: Connection
) -> None:
    make_pair(one_connection, "text", "'v' || g")
    BackfillRunner(request(one_database.dsn, COPY)).run()

    class Inserting:
        """A throttle that is never over its limit; at each look the table has grown."""

        name = "inserting"

        def read(self) -> Reading:
            with connect(one_database.dsn) as application:
                application.execute(
                    "INSERT INTO items SELECT max(id) + g FROM items, generate_series(1, 99) g GROUP BY g"
                )
            return Reading(self.name, is_over=False)

    found = verify(request(one_database.dsn, COPY, throttles=[Inserting()]))
    assert 300 <= found.rows <= 300 + 99 * 10


def broken(one_database: Database, one_connection: Connection) -> BackfillSpec:
    """Make a finished backfill of 300 rows of which three are left and ten differ."""
    make_pair(one_connection, "text", "'v' || g")
    copy = COPY.model_copy(update={"where": "new IS NULL"})
    BackfillRunner(request(one_database.dsn, copy)).run()
    one_connection.execute("UPDATE items SET new = NULL WHERE id <= 3")
    one_connection.execute("UPDATE items SET new = 'V' || id WHERE id > 290")
    return copy


def test_the_keys_of_wrong_rows_are_told(one_database: Database, one_connection: Connection) -> None:
    found = verify(request(one_database.dsn, broken(one_database, one_connection)))
    assert [int(key[0]) for key in found.keys] == [1, 2, 3, *range(291, 301)]
    [row] = control.status(one_connection, MIGRATION)
    assert row["verification"]["keys"][:3] == [["1"], ["2"], ["3"]]
    assert (row["verification"]["on"], row["verification"]["sample"]) == ("primary", 100.0)


@pytest.mark.replica
@pytest.mark.parametrize("is_on_replica", [False, True], ids=["primary", "replica"])
def test_repair_puts_wrong_rows_right_and_touches_no_other(
    is_on_replica: bool, one_database: Database, one_connection: Connection
) -> None:
    copy = broken(one_database, one_connection)
    one_connection.execute("CREATE TABLE written (id int)")
    one_connection.execute(
        """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN INSERT INTO written VALUES (NEW.id); RETURN NEW; END $$;
           CREATE TRIGGER note BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION note()"""
    )
    replica = partial(connect, one_database.replica_dsn) if is_on_replica else None
    found = verify(request(one_database.dsn, copy), How(replica, is_repair=True))
    assert (found.remaining, found.different, found.repaired) == (0, 0, 13)
    assert len(found.keys) == 13
    assert one_connection.execute("SELECT count(*) AS rows FROM written").fetchone() == {"rows": 13}
    assert backfills.read(one_connection, MIGRATION, "items_new").state == "verified"
    assert verify(request(one_database.dsn, copy)) == Verification("items_new", rows=300)


@pytest.mark.replica
def test_on_a_replica_what_it_has_not_replayed_is_waited_for(
    private_database: Database, private_connection: Connection
) -> None:
    make_pair(private_connection, "text", "'v' || g")
    private_database.server.replicas[0].pause_replay()
    BackfillRunner(request(private_database.dsn, COPY)).run()
    threading.Timer(1, private_database.server.replicas[0].resume_replay).start()
    heard = Heard()
    replica = partial(connect, private_database.replica_dsn)
    assert verify(request(private_database.dsn, COPY, heard), How(replica)).rows == 300
    [row] = control.status(private_connection, MIGRATION)
    assert (row["state"], row["verification"]["on"]) == ("verified", "replica")


def test_a_primary_is_no_replica(one_database: Database, one_connection: Connection) -> None:
    copy = broken(one_database, one_connection)
    with pytest.raises(InputError, match="not a replica"):
        verify(request(one_database.dsn, copy), How(partial(connect, one_database.dsn)))


def test_a_sample_proves_nothing(one_database: Database, one_connection: Connection) -> None:
    make_pair(one_connection, "text", "'v' || g")
    slow = COPY.model_copy(update={"limits": Limits.model_validate({"batch_size": 10, "target_batch": "1ms"})})
    BackfillRunner(request(one_database.dsn, slow)).run()
    found = verify(request(one_database.dsn, slow), How(sample=20))
    assert 0 < found.rows < 200
    [row] = control.status(one_connection, MIGRATION)
    assert (row["state"], row["verification"]["sample"]) == ("finished", 20)
    assert verify(request(one_database.dsn, slow)).is_clean
    verify(request(one_database.dsn, slow), How(sample=20))
    assert backfills.read(one_connection, MIGRATION, "items_new").state == "verified", "nor does it take a proof back"
    one_connection.execute("UPDATE items SET new = 'wrong'")
    assert verify(request(one_database.dsn, slow), How(sample=20)).different > 0
    assert backfills.read(one_connection, MIGRATION, "items_new").state == "finished", "but what is wrong does"
