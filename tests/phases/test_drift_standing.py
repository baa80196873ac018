"""Drift beside the objects: owners, privileges, what replicas and subscribers get, what the planner was told."""

from collections.abc import Generator
from contextlib import contextmanager

from migrator.names import TableName
from migrator.pg.connection import Connection, connect
from migrator.pg.objects import STANDING as STANDING_KINDS
from migrator.pg.objects import read_objects, read_standing
from migrator.phases import drift as drifts
from migrator.phases.drift import drift
from migrator.phases.soft_drop import begin_soft_drop, end_soft_drop
from migrator.state import snapshots
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.phases.looking import scalar
from tests.phases.scenes import NICK, with_every_phase


def _record(connection: Connection) -> None:
    drifts.record(Store(connection, "dana"), "looked at it")


def _found(connection: Connection) -> dict[str, str]:
    return {str(item.object): item.change for item in drift(connection).differences}


STANDING: list[tuple[str, dict[str, str]]] = [
    ("ALTER TABLE users OWNER TO {role}", {"owner public.users": "changed"}),
    ("GRANT SELECT ON users TO {role}", {"grants public.users": "added"}),
    ("REVOKE INSERT ON orders FROM {role}", {"grants public.orders": "changed"}),
    ("REVOKE ALL ON v FROM {role}", {"grants public.v": "removed"}),
    ("GRANT UPDATE (name) ON users TO {role}", {"column grants public.users.name": "added"}),
    (
        "GRANT USAGE ON SEQUENCE ser_id_seq TO {role}",
        {"sequence grants public.ser.public.ser_id_seq": "added"},
    ),
    ("REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC", {"function access public.f()": "changed"}),
    ("ALTER FUNCTION f() OWNER TO {role}", {"function access public.f()": "changed"}),
    ("GRANT CREATE ON SCHEMA public TO {role}", {"schema public": "changed"}),
    ("CREATE SCHEMA other", {"schema other": "added"}),
    ("ALTER TABLE users REPLICA IDENTITY FULL", {"replica identity public.users": "added"}),
    ("ALTER TABLE orders REPLICA IDENTITY NOTHING", {"replica identity public.orders": "changed"}),
    ("ALTER TABLE users ALTER name SET STATISTICS 500", {"column settings public.users.name": "added"}),
    ("ALTER TABLE users ALTER name SET (n_distinct = -0.5)", {"column settings public.users.name": "added"}),
    ("ALTER TABLE users ALTER name SET STORAGE EXTERNAL", {"column settings public.users.name": "added"}),
    ("ALTER TABLE users SET (autovacuum_enabled = off)", {"table public.users": "changed"}),
    ("ALTER TABLE users FORCE ROW LEVEL SECURITY", {"table public.users": "changed"}),
    ("CREATE STATISTICS st ON id, name FROM users", {"statistics public.users.st": "added"}),
    ("ALTER STATISTICS known SET STATISTICS 77", {"statistics public.orders.known": "changed"}),
    ("DROP STATISTICS known", {"statistics public.orders.known": "removed"}),
    ("ALTER POLICY p ON orders TO {role}", {"policy roles public.orders.p": "added"}),
    ("ALTER POLICY p ON orders USING (false)", {"policy public.orders.p": "changed"}),
    ("ALTER PUBLICATION pub ADD TABLE users", {"publication public.users.pub": "added"}),
    ("ALTER PUBLICATION pub SET (publish = 'insert')", {"publication pub": "changed"}),
    ("DROP PUBLICATION pub", {"publication pub": "removed", "publication public.orders.pub": "removed"}),
    ("CREATE PUBLICATION everything FOR ALL TABLES", {"publication everything": "added"}),
    ("COMMENT ON COLUMN users.name IS 'no drift'", {}),
    ("CREATE INDEX gone ON users (name); DROP INDEX gone", {}),
]
_BEFORE = (
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE VIEW v AS SELECT 1 AS x",
    "CREATE TABLE ser (id serial)",
    "GRANT SELECT, INSERT ON orders TO {role}",
    "GRANT SELECT ON v TO {role}",
    "ALTER TABLE orders REPLICA IDENTITY FULL",
    "CREATE STATISTICS known ON id, user_id FROM orders",
    "CREATE POLICY p ON orders USING (true)",
    "CREATE PUBLICATION pub FOR TABLE orders",
)


@contextmanager
def _with_role(connection: Connection) -> Generator[str]:
    """Give a role of this database's own, with the objects of `_BEFORE`."""
    role = f"role_of_{scalar(connection, 'SELECT current_database()')}"
    connection.execute(f"CREATE ROLE {role}".encode())
    try:
        yield role
    finally:
        connection.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER".encode())
        connection.execute(f"DROP OWNED BY {role}".encode())
        connection.execute(f"DROP ROLE {role}".encode())


def test_who_may_what_and_what_replicas_get_is_seen(shop: Shop) -> None:
    """Each by itself; taken back with its transaction, so that one database is enough."""
    with connect(shop.dsn) as connection, _with_role(connection) as role:
        for text in _BEFORE:
            connection.execute(text.format(role=role).encode())
        _record(connection)
        assert drift(connection).is_clean
        found: dict[str, dict[str, str]] = {}
        for text, _ in STANDING:
            with connection.transaction(force_rollback=True):
                connection.execute(text.format(role=role).encode())
                found[text] = _changed(connection)
        assert found == dict(STANDING)
        assert drift(connection).is_clean


def _changed(connection: Connection) -> dict[str, str]:
    """Compare as `drift` does, inside of the transaction that made the change."""
    recorded = snapshots.find(connection)
    assert recorded is not None
    now = (*read_objects(connection, None), *read_standing(connection, None))
    return {str(item.object): item.change for item in drifts.differences(recorded.objects, now)}


def test_what_a_migration_grants_is_no_drift(shop: Shop) -> None:
    """Also where the statement does not name the table: whole schemas, publications, statistics, sequences."""
    with connect(shop.dsn) as connection, _with_role(connection) as role:
        for text in _BEFORE:
            connection.execute(text.format(role=role).encode())
        _record(connection)
        expand = [text for text, _ in STANDING if not text.startswith(("CREATE INDEX", "DROP PUBLICATION"))]
        expand.append("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        shop.engine().expand(shop.write("m", expand=";\n".join(expand).format(role=role) + ";"))
        assert _found(connection) == {}
        shop.engine().expand(shop.write("next", expand="DROP PUBLICATION pub; DROP STATISTICS st;"))
        assert _found(connection) == {}
        connection.execute(f"REVOKE SELECT ON orders FROM {role}".encode())
        assert _found(connection) == {"grants public.orders": "removed"}


def test_what_a_soft_drop_takes_is_no_drift(one_shop: Shop) -> None:
    engine, migration = one_shop.engine(), with_every_phase(one_shop).migration("m")
    with connect(one_shop.dsn) as connection, _with_role(connection) as role:
        connection.execute(f"GRANT SELECT ON users TO {role}".encode())
        engine.expand(migration)
        engine.migrate(migration)
        store = Store(connection, "dana")
        begin_soft_drop(store, migration)
        assert scalar(connection, "SELECT has_column_privilege(%s, 'users', 'name', 'SELECT')", role) is False
        assert _found(connection) == {}
        end_soft_drop(store, migration.id, "seen enough")
        assert _found(connection) == {}


def test_a_snapshot_of_the_version_before_says_what_it_does_not_know(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as connection:
        _record(connection)
        connection.execute("DELETE FROM migrator.snapshot_object WHERE kind = ANY (%s)", [list(STANDING_KINDS)])
        report = drift(connection)
        assert report.is_clean
        assert TableName("public", "users") in report.unknown
        engine, migration = one_shop.engine(), one_shop.write("m", expand=NICK)
        engine.expand(migration)
        report = drift(connection)
        assert report.is_clean
        assert TableName("public", "users") not in report.unknown
        assert TableName("public", "orders") in report.unknown
        connection.execute("CREATE TABLE t (id int)")
        assert _found(connection) == {"table public.t": "added"}
        _record(connection)
        assert drift(connection).unknown == ()
