"""Tables and rows that a backfill meets in old databases: rows that cannot be computed, archives, children, NULLs."""

import pytest

from migrator.backfill import control
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.table_keys import read_keyset
from migrator.backfill.verify import How, Verification, verify
from migrator.errors import InputError, Refused, Stopped
from migrator.events import Event, EventKind
from migrator.names import TableName
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError
from migrator.phases.backfills import run
from tests.backfill.scenes import Heard, a_role, install_state, linguistic_collation, request
from tests.fix_server import Database


@pytest.fixture(autouse=True)
def _state(request: pytest.FixtureRequest) -> None:
    install_state(request.getfixturevalue("connection" if "connection" in request.fixturenames else "one_connection"))


def spec(**values: object) -> BackfillSpec:
    return BackfillSpec.model_validate({"table": "items", "name": "x", **values})


@pytest.mark.parametrize(
    ("changes", "where"), [({"n": "word::int"}, "n IS NULL"), ({"n": "1"}, "word::int > 0 AND n IS NULL")]
)
def test_rows_that_cannot_be_computed_are_told_and_the_others_are_proven(
    changes: dict[str, str], where: str, one_database: Database, one_connection: Connection
) -> None:
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, word text, n int)")
    one_connection.execute(
        "INSERT INTO items SELECT g, CASE WHEN g IN (7, 41) THEN 'abc' ELSE g::text END FROM generate_series(1, 90) g"
    )
    backfill = spec(set=changes, where=where, limits={"batch_size": 50})
    asked = request(one_database.dsn, backfill)
    BackfillRunner(asked).run()
    found = verify(asked)
    assert (found.rows, found.different, found.quarantined, found.keys) == (90, 2, 2, (("7",), ("41",)))
    one_connection.execute("UPDATE items SET word = '0' WHERE id = 7")
    one_connection.execute("UPDATE items SET n = NULL WHERE id = 9")
    repaired = verify(asked, How(is_repair=True))
    assert repaired.different == 1
    assert repaired.repaired >= 1
    assert one_connection.execute("SELECT n IS NOT NULL AS is_filled FROM items WHERE id = 9").fetchone() == {
        "is_filled": True
    }


def test_repair_puts_right_what_lies_beside_a_row_that_the_server_refuses(
    one_database: Database, one_connection: Connection
) -> None:
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, v int, n int CHECK (n <> 66))")
    one_connection.execute("INSERT INTO items SELECT g, g FROM generate_series(1, 90) g WHERE g <> 66")
    asked = request(one_database.dsn, spec(set={"n": "v"}, where="n IS NULL"))
    BackfillRunner(asked).run()
    one_connection.execute("INSERT INTO items VALUES (66, 66)")
    one_connection.execute("UPDATE items SET n = NULL WHERE id BETWEEN 61 AND 70")
    found = verify(asked, How(is_repair=True))
    assert (found.remaining, found.repaired) == (1, 9)
    assert verify(asked).keys == (("66",),)


def test_an_archive_may_number_and_compute_by_itself(database: Database, connection: Connection) -> None:
    connection.execute(
        """CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int,
               twice int GENERATED ALWAYS AS (v * 2) STORED);
           CREATE TABLE archive (LIKE items INCLUDING ALL);
           INSERT INTO items (v) SELECT g FROM generate_series(1, 90) g"""
    )
    BackfillRunner(request(database.dsn, spec(archive_to="archive", where="v % 2 = 0"))).run()
    moved = connection.execute("SELECT count(*) AS rows, bool_and(id = v AND twice = v * 2) AS is_right FROM archive")
    assert moved.fetchone() == {"rows": 45, "is_right": True}
    assert connection.execute("SELECT count(*) AS rows FROM items").fetchone() == {"rows": 45}


def test_an_archive_without_a_column_is_refused(one_database: Database, one_connection: Connection) -> None:
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, v int)")
    one_connection.execute("CREATE TABLE archive (id int)")
    one_connection.execute("INSERT INTO items VALUES (1, 1)")
    with pytest.raises(InputError, match="has no column v"):
        BackfillRunner(request(one_database.dsn, spec(archive_to="archive", where="true"))).run()
    assert one_connection.execute("SELECT count(*) AS rows FROM items").fetchone() == {"rows": 1}


def test_children_are_walked_by_key_and_refused_by_page(one_database: Database, one_connection: Connection) -> None:
    """The pages of the parent say nothing about those of its children, where most rows may be."""
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, n int)")
    one_connection.execute("CREATE TABLE child () INHERITS (items)")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 10) g")
    one_connection.execute("INSERT INTO child SELECT g FROM generate_series(1, 900) g")
    with pytest.raises(InputError, match=r"inherit from public\.items"):
        BackfillRunner(request(one_database.dsn, spec(set={"n": "id"}, where="n IS NULL", by="ctid"))).run()
    by_key = request(one_database.dsn, spec(set={"n": "id"}, where="n IS NULL"))
    BackfillRunner(by_key).run()
    assert verify(by_key) == Verification("x", rows=910)


def test_not_null_that_was_never_proven_is_no_key(one_database: Database, one_connection: Connection) -> None:
    if one_connection.info.server_version < 180000:
        pytest.skip("NOT NULL ... NOT VALID is of PostgreSQL 18")
    one_connection.execute("CREATE TABLE items (id int UNIQUE, n int)")
    one_connection.execute("INSERT INTO items SELECT nullif(g % 20, 0) FROM generate_series(1, 20) g")
    one_connection.execute("ALTER TABLE items ADD CONSTRAINT present NOT NULL id NOT VALID")
    with pytest.raises(InputError, match="no unique index over NOT NULL columns"):
        BackfillRunner(request(one_database.dsn, spec(set={"n": "1"}, where="n IS NULL"))).run()


def test_each_index_that_is_no_key_is_named_with_its_reason(database: Database, connection: Connection) -> None:
    connection.execute(
        """CREATE TABLE items (a int NOT NULL, b text COLLATE "C" NOT NULL, c int UNIQUE, n int);
           CREATE UNIQUE INDEX some_rows ON items (a) WHERE a > 0;
           CREATE UNIQUE INDEX computed ON items (abs(a), b);
           CREATE UNIQUE INDEX patterns ON items (a, b text_pattern_ops);
           INSERT INTO items VALUES (1, 'x', 1), (2, 'x', 2)"""
    )
    with pytest.raises(DatabaseError, match="could not create unique index"):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY unfinished ON items (b)")
    with pytest.raises(InputError) as caught:
        BackfillRunner(request(database.dsn, spec(set={"n": "1"}, where="n IS NULL"))).run()
    for reason in (
        "items_c_key does not serve: c may be NULL",
        "some_rows does not serve: it holds only the rows WHERE (a > 0)",
        "computed does not serve: it is over an expression, abs(a)",
        "patterns does not serve: b has another operator class or collation there than by default",
        "unfinished does not serve: it is INVALID, its build did not end",
    ):
        assert reason in str(caught.value)


@pytest.mark.parametrize("source", ["set", "python", "archive"])
def test_expressions_that_name_the_partitioned_table(source: str, database: Database, connection: Connection) -> None:
    connection.execute(
        """CREATE TABLE items (id int, half int, touched int, PRIMARY KEY (id, half)) PARTITION BY LIST (half);
           CREATE SCHEMA "Old"; CREATE TABLE "Old"."Items 0" PARTITION OF items FOR VALUES IN (0);
           CREATE TABLE items_1 PARTITION OF items FOR VALUES IN (1);
           CREATE TABLE archive (LIKE items); CREATE TABLE other AS SELECT g AS id FROM generate_series(1, 90) g;
           INSERT INTO items SELECT g, g % 2 FROM generate_series(1, 90) g"""
    )
    by = {
        "set": {"set": {"touched": "(SELECT count(*) FROM other o WHERE o.id = items.id)"}},
        "python": {"python": "tests.backfill.transforms:one", "writes": ["touched"]},
        "archive": {"archive_to": "archive"},
    }
    asked = request(database.dsn, spec(where="public.items.touched IS NULL", **by[source]))
    assert BackfillRunner(asked).run().rows == 90
    assert verify(asked) == Verification("x", rows=0 if source == "archive" else 90)
    if source == "set":
        connection.execute("UPDATE items SET touched = 7 WHERE id = 8")
        assert verify(asked, How(is_repair=True)).repaired == 1


def test_an_expression_that_writes_is_not_compared(one_database: Database, one_connection: Connection) -> None:
    """It gave each row its value in the backfill; verification would draw from the sequence again."""
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, n int); CREATE SEQUENCE numbers")
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 9) g")
    values: dict[str, object] = {"set": {"n": "nextval('numbers')"}, "where": "n IS NULL"}
    BackfillRunner(request(one_database.dsn, spec(**values))).run()
    with pytest.raises(InputError, match=r"cannot execute nextval\(\)") as caught:
        verify(request(one_database.dsn, spec(**values)))
    assert "compare = false" in caught.value.todo
    assert verify(request(one_database.dsn, spec(**values, compare=False))) == Verification("x", rows=9)


@pytest.mark.parametrize(
    ("source", "advice"), [("id", "a trigger or a rule cancels the update"), ("random()", "compare = false")]
)
def test_a_proof_that_fails_says_what_may_be_behind(
    source: str, advice: str, one_database: Database, one_connection: Connection
) -> None:
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, n float8); INSERT INTO items VALUES (1), (2)")
    if source == "id":
        one_connection.execute("CREATE RULE never AS ON UPDATE TO items DO INSTEAD NOTHING")
    with pytest.raises(Refused) as caught:
        run((request(one_database.dsn, spec(set={"n": source}, where="n IS NULL")),))
    assert advice in caught.value.todo


def test_rows_hidden_from_the_role_are_not_passed_over(one_database: Database, one_connection: Connection) -> None:
    """The owner, under FORCE ROW LEVEL SECURITY: the server's own advice would be to connect as the owner."""
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, n int)")
    one_connection.execute("ALTER TABLE items ENABLE ROW LEVEL SECURITY")
    one_connection.execute("ALTER TABLE items FORCE ROW LEVEL SECURITY")
    with a_role(one_connection, f"owner_{one_database.name}") as role:
        one_connection.execute(f"ALTER TABLE items OWNER TO {role}".encode())
        one_connection.execute(f"SET ROLE {role}".encode())
        try:
            with pytest.raises(InputError, match=f"hides rows from role {role}") as caught:
                read_keyset(one_connection, TableName("public", "items"))
            assert "NO FORCE ROW LEVEL SECURITY" in caught.value.todo
        finally:
            one_connection.execute("RESET ROLE")


_FILL = spec(set={"n": "1"}, where="n IS NULL", limits={"batch_size": 30})
_ANEW = "CREATE TABLE items (id int PRIMARY KEY, n int); INSERT INTO items SELECT g FROM generate_series(1, 90) g"
_CHANGED_KEYS = {
    "more columns": ("ALTER TABLE items DROP CONSTRAINT items_pkey, ADD PRIMARY KEY (word, id)", "is word .sorted as"),
    "another column": ("ALTER TABLE items DROP CONSTRAINT items_pkey, ADD PRIMARY KEY (a)", "is a .sorted as integer"),
    "another type": ("ALTER TABLE items ALTER id TYPE text", "sorted as integer.* is id .sorted as text"),
    "another table": (f"DROP TABLE items; {_ANEW}", "was dropped and made again"),
    "another direction": (
        """ALTER TABLE items DROP CONSTRAINT items_pkey, ALTER id SET NOT NULL;
           CREATE UNIQUE INDEX ON items (id, a DESC)""",
        "is id .sorted as integer., a .sorted as integer DESC",
    ),
    "a wider type": ("ALTER TABLE items ALTER id TYPE bigint", None),
    "another name": ("ALTER TABLE items RENAME id TO number", None),
    "a primary key beside it": (
        "ALTER TABLE items DROP CONSTRAINT items_pkey, ALTER id SET NOT NULL, ADD UNIQUE (id), ADD PRIMARY KEY (a)",
        None,
    ),
}


def begun(database: Database, backfill: BackfillSpec) -> None:
    """Leave the backfill after its first batch."""

    def fail(_: Event) -> None:
        raise Stopped("Stopped by the test.", "")

    with pytest.raises(Stopped):
        BackfillRunner(request(database.dsn, backfill, Heard(on={EventKind.BACKFILL_BATCH: fail}))).run()


@pytest.mark.parametrize("case", _CHANGED_KEYS)
def test_a_key_that_sorts_otherwise_between_two_runs_is_refused(
    case: str, one_database: Database, one_connection: Connection
) -> None:
    """Places in the old key mean other rows in the new one: some would be left out."""
    one_connection.execute("CREATE TABLE items (a int NOT NULL, id int PRIMARY KEY, word text NOT NULL, n int)")
    one_connection.execute("INSERT INTO items SELECT -g, g, g FROM generate_series(1, 90) g")
    begun(one_database, _FILL)
    change, refusal = _CHANGED_KEYS[case]
    one_connection.execute(change.encode())
    asked = request(one_database.dsn, _FILL)
    if refusal is not None:
        with pytest.raises(Refused, match=refusal) as caught:
            BackfillRunner(asked).run()
        assert "migrator backfill restart" in caught.value.todo
        control.restart(one_connection, control.find(one_connection, "x"))
    run((asked,))
    assert one_connection.execute("SELECT FROM items WHERE n IS NULL").rowcount == 0


def test_a_key_in_another_collation_or_of_another_type_meanwhile_is_refused(
    one_database: Database, one_connection: Connection
) -> None:
    one_connection.execute('CREATE TABLE items (id text COLLATE "C" PRIMARY KEY, n int)')
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 90) g")
    begun(one_database, _FILL)
    one_connection.execute(
        f"ALTER TABLE items ALTER id TYPE text COLLATE {linguistic_collation(one_connection)}".encode()
    )
    with pytest.raises(Refused, match=r'was id .sorted as text COLLATE "C"'):
        BackfillRunner(request(one_database.dsn, _FILL)).run()

    one_connection.execute(f"DROP TABLE items; {_ANEW}".encode())
    control.restart(one_connection, control.find(one_connection, "x"))

    def change(_: Event) -> None:
        with connect(one_database.dsn) as operator:
            operator.execute("ALTER TABLE items ALTER id TYPE text")

    with pytest.raises(Refused, match="sorted as integer"):
        BackfillRunner(request(one_database.dsn, _FILL, Heard(on={EventKind.BACKFILL_BATCH: change}))).run()


def test_an_error_that_quotes_a_wide_value_is_kept_short(one_database: Database, one_connection: Connection) -> None:
    """Ten thousand of them would be ten gigabytes of quarantine."""
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, word text, n int)")
    one_connection.execute("INSERT INTO items VALUES (1, repeat('x', 1000000)), (2, '5')")
    BackfillRunner(request(one_database.dsn, spec(set={"n": "word::int"}, where="n IS NULL"))).run()
    row = one_connection.execute("SELECT error, length(error) AS length FROM migrator.backfill_quarantine").fetchone()
    assert row
    assert row["error"].startswith('invalid input syntax for type integer: "xxx')
    assert row["length"] < 600
