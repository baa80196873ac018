"""The audit as a chain: who tampers with a row, takes one out or moves one is found, and where."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from migrator.audit.chain import GENESIS, Tip, Verified, verify
from migrator.audit.rows import rows, tail, tip
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError, errors
from migrator.state.install import install, upgrades
from migrator.state.store import Store
from tests.fix_server import Database

_FIELDS = (
    ("at", "at + interval '1 microsecond'"),
    ("actor", "'mallory'"),
    ("db_role", "'mallory'"),
    ("host", "host || '.'"),
    ("tool_version", "'0'"),
    ("action", "'nothing.happened'"),
    ("migration", "NULL"),
    ("reason", "coalesce(reason, '') || '!'"),
    ("ticket", "'ABC-2'"),
    ("commit_sha", "NULL"),
    ("ci_run_url", "coalesce(ci_run_url, '') || 'x'"),
    ("approvers", "array['mallory']"),
    ("approvers", "array[array_to_string(approvers, '\",\"')]"),
    ("detail", "detail || '{\"n\": 0}'"),
    ("payload", "payload || ' '"),
    ("prev_hash", "repeat('1', 64)"),
    ("hash", "repeat('1', 64)"),
    ("seq", "seq + 100"),
)
"""Each column of the table, with what somebody may write over it."""


@pytest.fixture
def store(connection: Connection) -> Store:
    """Nine rows with every field filled, in a database that has our schema."""
    install(connection)
    store = Store(connection, "dana")
    store.open("m", {"migration": {"ticket": "ABC-1"}}, None)
    for number in range(1, 9):
        store.audit("test.told", "m", {"n": number, "reason": "because é", "approvers": ["alice", "bob"]})
    return store


def found(connection: Connection, *kept: Tip) -> Verified:
    return verify(rows(connection), kept)


def behind_the_back(connection: Connection, text: str) -> None:
    """Do what only a superuser can: the triggers are not asked."""
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(text.encode())


def test_a_chain_is_whole(store: Store) -> None:
    result = found(store.connection)
    assert (result.rows, result.breaks) == (9, ())
    assert result.tip == tip(store.connection)
    first, *_, last = rows(store.connection)
    assert (first.seq, first.prev_hash, last.seq) == (1, GENESIS, 9)
    assert (last.reason, last.ticket, last.approvers) == ("because é", "ABC-1", ["alice", "bob"])
    assert [row.seq for row in tail(store.connection, 2)] == [8, 9]
    since = last.at - timedelta(microseconds=1)
    assert [row.seq for row in rows(store.connection, since)] == [9]


def test_every_field_of_every_row(store: Store) -> None:
    """Also where the value of one field could be read as that of two."""
    whole = found(store.connection)
    assert whole.tip
    columns = store.connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'migrator.audit'::regclass AND attnum > 0"
        " AND NOT attisdropped"
    )
    assert {row["attname"] for row in columns} == {name for name, _ in _FIELDS}
    for name, value in _FIELDS:
        for seq in (1, 5, 9):
            with store.connection.transaction(force_rollback=True):
                set_ = f"UPDATE migrator.audit SET {name} = {value} WHERE seq = {seq}"
                if name == "seq":
                    store.connection.execute("ALTER TABLE migrator.audit ALTER COLUMN seq DROP IDENTITY")
                behind_the_back(store.connection, set_)
                broken = found(store.connection)
                assert broken.breaks, (name, seq)
                place = broken.breaks[0].seq
                assert place in {seq, seq + 1} or name == "seq", (name, seq, broken.breaks)
    assert found(store.connection) == whole


def test_a_row_that_is_gone(store: Store) -> None:
    known = [Tip(row.seq, row.hash) for row in rows(store.connection)]
    with store.connection.transaction(force_rollback=True):
        behind_the_back(store.connection, "DELETE FROM migrator.audit WHERE seq = 5")
        (broken,) = found(store.connection).breaks
        assert (broken.seq, broken.problem[:28]) == (6, "it does not follow row 4: a ")
    with store.connection.transaction(force_rollback=True):
        behind_the_back(store.connection, "DELETE FROM migrator.audit WHERE seq = 1")
        assert found(store.connection).breaks[0].seq == 2
    behind_the_back(store.connection, "DELETE FROM migrator.audit WHERE seq >= 8")
    assert found(store.connection).breaks == ()  # the chain alone cannot tell
    assert [broken.seq for broken in found(store.connection, *known).breaks] == [8, 9]
    (broken,) = found(store.connection, known[-1]).breaks
    assert (broken.seq, broken.problem) == (9, "it was kept elsewhere and is gone; the chain ends with row 7")
    store.audit("test.told", "m", {"n": 8})
    store.audit("test.told", "m", {"n": 9})  # somebody fills the gap: the numbers are there again, the hashes are not
    assert [broken.seq for broken in found(store.connection, known[-1]).breaks] == [9]


def test_two_rows_that_change_places(store: Store) -> None:
    store.connection.execute("ALTER TABLE migrator.audit ALTER COLUMN seq DROP IDENTITY")
    for old, new in ((4, -1), (5, 4), (-1, 5)):
        behind_the_back(store.connection, f"UPDATE migrator.audit SET seq = {new} WHERE seq = {old}")
    assert {broken.seq for broken in found(store.connection).breaks} == {4, 5, 6}


def test_a_chain_that_was_computed_anew(store: Store) -> None:
    """Who owns the table can do that; what was kept elsewhere tells."""
    known = tip(store.connection)
    assert known
    behind_the_back(store.connection, "UPDATE migrator.audit SET actor = 'mallory' WHERE seq = 3")
    for seq in range(3, 10):
        behind_the_back(
            store.connection,
            "UPDATE migrator.audit SET prev_hash = (SELECT hash FROM migrator.audit WHERE seq = "
            f"{seq - 1}) WHERE seq = {seq}",
        )
        behind_the_back(
            store.connection, f"UPDATE migrator.audit AS a SET hash = migrator.audit_hash(a) WHERE seq = {seq}"
        )
    assert found(store.connection).breaks == ()
    (broken,) = found(store.connection, known).breaks
    assert (broken.seq, broken.problem) == (9, "it is another row than the one that was kept elsewhere")


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE migrator.audit SET actor = 'mallory'",
        "DELETE FROM migrator.audit",
        "TRUNCATE migrator.audit",
        "DELETE FROM migrator.audit WHERE false",
    ],
)
def test_the_owner_cannot_change_it_by_mistake(store: Store, text: str) -> None:
    with pytest.raises(errors.RaiseException, match=r"migrator\.audit is append-only"):
        store.connection.execute(text.encode())
    assert found(store.connection).breaks == ()


def test_nobody_chooses_number_time_or_role(store: Store) -> None:
    """By the plain INSERT that the version before makes."""
    store.connection.execute(
        "INSERT INTO migrator.audit (seq, at, actor, db_role, host, tool_version, action, detail, payload, prev_hash,"
        " hash) OVERRIDING SYSTEM VALUE VALUES (1000, '2000-01-01', 'eve', 'eve', 'h', '0', 'a', '{}', 'x', 'y', 'z')"
    )
    last = tail(store.connection, 1)[0]
    assert (last.seq, last.payload, last.actor) == (10, "{}", "eve")
    assert last.db_role != "eve"
    assert last.at > tail(store.connection, 2)[0].at
    assert found(store.connection).breaks == ()


def test_a_row_goes_with_the_transaction_of_its_change(store: Store) -> None:
    before = tip(store.connection)
    with store.connection.transaction(force_rollback=True):
        store.audit("test.told", "m", {})
    assert tip(store.connection) == before
    store.audit("test.told", "m", {})
    assert tail(store.connection, 1)[0].seq == 10  # no gap for what was taken back
    assert found(store.connection).breaks == ()


def test_an_upgrade_chains_what_is_there(connection: Connection) -> None:
    """With the gaps that rolled back transactions left; and the tool of the version before goes on writing."""
    insert = (
        "INSERT INTO migrator.audit (actor, host, tool_version, action, migration, detail)"
        " VALUES ('old', 'h', '0', 'test.told', NULL, '{\"b\": [1.50, \"é\\n\"], \"a\": null}')"
    )
    install(connection, upgrades()[:4])
    for _ in range(3):
        with connection.transaction(force_rollback=True):
            connection.execute(insert.encode())
        connection.execute(insert.encode())
    install(connection)
    assert [row.seq for row in rows(connection)] == [2, 4, 6]
    connection.execute(insert.encode())
    result = found(connection)
    assert (result.rows, result.breaks) == (4, ())
    assert result.tip
    assert result.tip.seq == 7
    behind_the_back(connection, "UPDATE migrator.audit SET detail = '{}' WHERE seq = 2")
    assert [broken.seq for broken in found(connection).breaks] == [2]


def _all_at_once(database: Database, count: int, act: Callable[[Connection, int], None]) -> list[Exception]:
    ready, raised = threading.Barrier(count), list[Exception]()

    def run(number: int) -> None:
        try:
            with connect(database.dsn) as connection:
                ready.wait(30)
                act(connection, number)
        except Exception as exc:  # noqa: BLE001 handed to the test
            raised.append(exc)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_sixteen_writers(store: Store, database: Database) -> None:
    """Some commit rows by themselves, some with a change, some take theirs back."""

    def write(connection: Connection, number: int) -> None:
        own = Store(connection, f"writer-{number}")
        for turn in range(10):
            own.audit("test.told", None, {"turn": turn})
            with connection.transaction(force_rollback=turn % 2 == 0):
                own.open(f"{number}-{turn}", {}, None)

    assert _all_at_once(database, 16, write) == []
    result = found(store.connection)
    assert (result.rows, result.breaks) == (9 + 16 * 15, ())
    assert result.tip
    assert result.tip.seq == result.rows


def test_an_old_snapshot_fails_instead_of_making_a_fork(store: Store, database: Database) -> None:
    with connect(database.dsn) as other:
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT count(*) FROM migrator.audit")
        store.audit("test.told", "m", {})
        with pytest.raises(DatabaseError, match="audit_pkey"):
            Store(other, "eve").audit("test.told", "m", {})
        other.execute("ROLLBACK")
    assert found(store.connection).breaks == ()


def test_a_default_isolation_of_the_role_does_not_matter(store: Store, database: Database) -> None:
    store.connection.execute(
        f"ALTER DATABASE {database.name} SET default_transaction_isolation = 'repeatable read'".encode()
    )

    def write(connection: Connection, number: int) -> None:
        for turn in range(10):
            with connection.transaction():
                connection.execute("SELECT count(*) FROM migrator.audit")
                Store(connection, f"writer-{number}").audit("test.told", None, {"turn": turn})

    assert _all_at_once(database, 4, write) == []
    assert found(store.connection).breaks == ()


def test_a_role_that_may_only_append(store: Store, database: Database) -> None:
    role = f"teller_{database.name}"
    store.connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'".encode())
    try:
        dsn = database.server.primary.dsn_of(database.name, role, "secret")
        with connect(dsn) as guest, pytest.raises(errors.InsufficientPrivilege):
            Store(guest, "guest").audit("test.told", None, {})
        store.connection.execute(f"GRANT EXECUTE ON FUNCTION migrator.append_audit TO {role}".encode())
        with connect(dsn) as guest:
            Store(guest, "guest").audit("test.told", None, {})
            with pytest.raises(errors.InsufficientPrivilege):
                guest.execute("INSERT INTO migrator.audit (actor) VALUES ('eve')")
        assert tail(store.connection, 1)[0].db_role == role
    finally:
        store.connection.execute(f"DROP OWNED BY {role}".encode())
        store.connection.execute(f"DROP ROLE {role}".encode())
