"""Drift: what changed in the catalog outside of migrations, and nothing that a migration did."""

from datetime import timedelta

import pytest

from migrator.errors import Refused
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.phases import drift as drifts
from migrator.phases.drift import drift
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.phases.scenes import NICK, idle_in_transaction, stopped_in, with_every_phase


def _record(connection: Connection) -> int:
    return drifts.record(Store(connection, "dana"), "looked at it")


def _found(connection: Connection) -> dict[str, str]:
    return {str(item.object): item.change for item in drift(connection).differences}


def test_without_a_snapshot_nobody_knows(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as connection, pytest.raises(Refused, match="no snapshot") as caught:
        drift(connection)
    assert "--record" in caught.value.todo


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("ALTER TABLE users ADD COLUMN x int", {"column public.users.x": "added"}),
        ("ALTER TABLE users DROP COLUMN name", {"column public.users.name": "removed"}),
        ("ALTER TABLE users ALTER COLUMN name TYPE varchar(99)", {"column public.users.name": "changed"}),
        ("ALTER TABLE users ALTER COLUMN name SET DEFAULT 'x'", {"column public.users.name": "changed"}),
        ("CREATE INDEX i ON users (name)", {"index public.users.i": "added"}),
        ("ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID", {"constraint public.users.c": "added"}),
        ("DROP TABLE orders", {"table public.orders": "removed"}),
        ("CREATE TABLE t (id int PRIMARY KEY)", {"table public.t": "added"}),
        ("ALTER TABLE users ENABLE ROW LEVEL SECURITY", {"table public.users": "changed"}),
        ("CREATE POLICY p ON users USING (true)", {"policy public.users.p": "added"}),
        ("ALTER TABLE users DISABLE TRIGGER t", {"trigger public.users.t": "changed"}),
        ("DROP TRIGGER t ON users", {"trigger public.users.t": "removed"}),
        ("CREATE OR REPLACE VIEW v AS SELECT 2 AS x", {"view public.v": "changed"}),
        ("CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'", {"function public.g()": "added"}),
        ("CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", {"function public.f(integer)": "added"}),
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            {"function public.f()": "changed"},
        ),
        ("ALTER TYPE mood ADD VALUE 'sad'", {"type public.mood": "changed"}),
        (
            f"CREATE FUNCTION {'f' * 63}() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            {f"function public.{'f' * 63}()": "added"},
        ),
        ("CREATE DOMAIN d AS int CHECK (VALUE > 0)", {"domain public.d": "added"}),
        ("ALTER SEQUENCE s INCREMENT 5", {"sequence public.s": "changed"}),
        ("CREATE TABLE migrator.ours (id int)", {}),
        ("INSERT INTO users (id, name, email) VALUES (999999, 'x', 'x')", {}),
    ],
)
def test_what_is_seen(one_shop: Shop, sql: str, found: dict[str, str]) -> None:
    with connect(one_shop.dsn) as connection:
        for text in (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()",
            "CREATE VIEW v AS SELECT 1 AS x",
            "CREATE TYPE mood AS ENUM ('happy')",
            "CREATE SEQUENCE s",
        ):
            connection.execute(text.encode())
        assert _record(connection) > 10
        assert drift(connection).is_clean
        connection.execute(sql.encode())
        assert _found(connection) == found
        _record(connection)
        assert drift(connection).is_clean


def test_migrations_are_no_drift_and_hide_none(shop: Shop) -> None:
    """On every server: through all phases, also what others did elsewhere before and between them."""
    engine, migration = shop.engine(), with_every_phase(shop).migration("m")
    with connect(shop.dsn) as connection:
        connection.execute("CREATE TABLE others (id int)")
        engine.expand(migration)
        assert _found(connection) == {}, "the first change of state vouches for what is there"
        connection.execute("CREATE INDEX by_hand ON others (id)")
        engine.migrate(migration)
        assert _found(connection) == {"index public.others.by_hand": "added"}
        engine.contract(migration)
        assert _found(connection) == {"index public.others.by_hand": "added"}


def test_a_rename_and_its_abort_leave_no_drift(one_shop: Shop) -> None:
    migration = one_shop.render_rename()
    engine = one_shop.engine()
    engine.expand(migration)
    engine.migrate(migration)
    with connect(one_shop.dsn) as connection:
        assert _found(connection) == {}
        engine.abort(migration)
        assert _found(connection) == {}
        engine.expand(migration)
        engine.migrate(migration)
        engine.contract(migration)
        assert _found(connection) == {}


def test_a_migration_under_way_is_told_apart(one_shop: Shop) -> None:
    migration = with_every_phase(one_shop).migration("m")
    with connect(one_shop.dsn) as connection:
        _record(connection)
        stopped_in(one_shop, "expand", EventKind.STEP_DONE)
        connection.execute("CREATE TABLE others (id int)")
        report = drift(connection)
        assert [str(item.object) for item in report.under_way] == ["column public.users.nick"]
        assert [str(item.object) for item in report.differences] == ["table public.others"]
        one_shop.engine().resume(migration)
        assert drift(connection).under_way == ()


def test_a_repeatable_file_is_no_drift(one_shop: Shop) -> None:
    from migrator.phases.pending import expand_all

    (one_shop.migrations / "R__v.sql").write_text(
        "CREATE OR REPLACE VIEW public.v AS SELECT 1 AS x; "
        "CREATE OR REPLACE FUNCTION public.g() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    )
    with connect(one_shop.dsn) as connection:
        _record(connection)
        expand_all(one_shop.engine(), one_shop.migrations, lambda _: None)
        assert _found(connection) == {}


def test_a_locked_table_does_not_stop_a_change_of_state(one_shop: Shop) -> None:
    """Reading the catalog may need the table's lock: the state goes on, and the audit says what was not read."""
    migration = one_shop.write(
        "m", expand="SELECT 1;", contract=NICK, manifest="[contract]\ncontract_by = 2099-01-01\n"
    )
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE INDEX part ON users (name) WHERE name > 'a'")
        _record(connection)
    with idle_in_transaction(one_shop, "SELECT 1") as session:
        session.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        one_shop.engine().expand(migration)
    assert one_shop.state("m") == "expanded"


def test_a_snapshot_that_cannot_be_taken_is_told(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as connection:
        _record(connection)
        connection.execute("ALTER TABLE migrator.snapshot_object RENAME TO away")
        one_shop.engine().expand(one_shop.write("m", expand=NICK))
        missed = [row for row in Store(connection, "test").history() if row.action == "snapshot.missed"]
        assert "snapshot_object" in str(missed[0].detail["error"])
        connection.execute("ALTER TABLE migrator.away RENAME TO snapshot_object")
        assert _found(connection) == {"column public.users.nick": "added"}


def test_what_changes_with_a_table_is_no_drift(shop: Shop) -> None:
    """Partitions, sequences of columns, views and foreign keys that name what is renamed; indexes of partitions."""
    with connect(shop.dsn) as connection:
        for text in (
            "CREATE TABLE parted (id int, at date) PARTITION BY RANGE (at)",
            "CREATE TABLE part PARTITION OF parted DEFAULT",
            "CREATE TABLE key (id int PRIMARY KEY)",
            "CREATE TABLE child (id int REFERENCES key)",
            "CREATE VIEW over AS SELECT id FROM key",
            "CREATE VIEW over_it AS SELECT id FROM over",
        ):
            connection.execute(text.encode())
        _record(connection)
        migration = shop.write(
            "m",
            expand="ALTER TABLE public.parted ADD COLUMN x serial; CREATE INDEX i ON public.parted (x); "
            "ALTER TABLE public.users ADD COLUMN n int GENERATED ALWAYS AS IDENTITY; "
            "ALTER TABLE public.key RENAME COLUMN id TO other;",
        )
        shop.engine(statement_timeout=timedelta(seconds=30)).expand(migration)
        assert _found(connection) == {}
        connection.execute("ALTER TABLE part ALTER x SET DEFAULT 7")
        assert _found(connection) == {"column public.part.x": "changed"}
