"""Two runners at once, replicas, and sessions and servers that go away in the middle, also inside COMMIT."""

from datetime import timedelta
from pathlib import Path

import pytest

from migrator.errors import (
    ConfigError,
    DatabaseFailed,
    LeaseHeld,
    OutcomeUnknown,
    Refused,
)
from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.pg.failures import translated
from migrator.state.store import Store
from tests.fix_app import Shop, make_shop
from tests.fix_server import Database, wait_until
from tests.phases.looking import scalar, users_parts
from tests.phases.scenes import NICK, ended, with_every_phase


def test_two_runners_of_one_migration(one_shop: Shop) -> None:
    migration = with_every_phase(one_shop).migration("m")
    held: list[int] = []

    def second(event: Event) -> None:
        if event.kind is EventKind.STEP_INTENT:
            with connect(one_shop.dsn) as watcher:
                held.append(
                    scalar(watcher, "SELECT pid FROM pg_stat_activity WHERE application_name = 'migrator/m/expand/1'")
                )
            with pytest.raises(LeaseHeld, match=rf"Another runner is at work on m \(pid {held[0]}, migrator/m"):
                one_shop.engine(runner_wait=timedelta(milliseconds=300)).expand(migration)

    assert one_shop.engine(second).expand(migration).after.value == "expanded"
    assert held
    assert one_shop.engine().migrate(migration).after.value == "migrated"


def test_phases_of_two_migrations_take_turns(one_shop: Shop) -> None:
    other = one_shop.write("other", expand="SELECT 1;")
    migration = with_every_phase(one_shop).migration("m")

    def second(event: Event) -> None:
        if event.kind is EventKind.STEP_INTENT:
            with pytest.raises(LeaseHeld, match="Another runner is running DDL in this database"):
                one_shop.engine(runner_wait=timedelta(milliseconds=300)).expand(other)

    one_shop.engine(second).expand(migration)
    assert one_shop.state("other") == "expanding"
    assert one_shop.engine().resume(other).after.value == "expanded"


def test_a_runner_whose_role_may_not_see_the_other_one(one_shop: Shop, one_database: Database) -> None:
    migration = with_every_phase(one_shop).migration("m")
    role = f"deployer_{one_database.name}"
    with connect(one_shop.dsn) as admin:
        admin.execute(f"CREATE TABLE notes (id int); CREATE ROLE {role} LOGIN PASSWORD 'secret'".encode())
        try:
            admin.execute(f"GRANT ALL ON SCHEMA migrator TO {role}".encode())
            admin.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA migrator TO {role}".encode())
            admin.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrator TO {role}".encode())
            dsn = one_database.server.primary.dsn_of(one_database.name, role, "secret")
            weak = Shop(dsn, one_shop.migrations)

            def second(event: Event) -> None:
                if event.kind is EventKind.STEP_INTENT:
                    with pytest.raises(LeaseHeld, match=r"at work on m \(pid \d+, migrator/m/expand/1\)"):
                        weak.engine(runner_wait=timedelta(0)).expand(migration)

            one_shop.engine(second).expand(migration)
            with pytest.raises(DatabaseFailed, match="must be owner of table notes"):
                weak.engine().expand(weak.write("n", expand="ALTER TABLE public.notes ADD COLUMN x int;"))
        finally:
            admin.execute(f"DROP OWNED BY {role}".encode())
            admin.execute(f"DROP ROLE {role}".encode())


@pytest.mark.replica
def test_a_replica_is_refused(database: Database, shop: Shop) -> None:
    migration = with_every_phase(shop).migration("m")
    with pytest.raises(Refused, match="This server is a replica"):
        Shop(database.replica_dsn, shop.migrations).engine().expand(migration)


def test_a_database_without_our_schema(one_database: Database, tmp_path: Path) -> None:
    migration = Shop("", tmp_path).write("m", expand=NICK)
    with pytest.raises(ConfigError, match="Run `migrator init` first"):
        Shop(one_database.dsn, tmp_path).engine().expand(migration)


def test_a_schema_that_is_too_new(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as connection:
        connection.execute("UPDATE migrator.meta SET schema_version = schema_version + 2")
    with pytest.raises(Refused, match="Upgrade this tool"):
        one_shop.engine().expand(one_shop.write("m", expand=NICK))


@pytest.mark.parametrize("moment", [EventKind.STEP_INTENT, EventKind.STEP_EXECUTED, EventKind.BACKFILL_STARTED])
def test_a_session_that_is_ended_from_outside(one_shop: Shop, moment: EventKind) -> None:
    migration = one_shop.render_rename()
    one_shop.engine().expand(migration)

    def end(event: Event) -> None:
        if event.kind is moment:
            with connect(one_shop.dsn) as admin:
                ours = "application_name LIKE 'migrator/2%' AND application_name NOT LIKE '%/backfill'"
                admin.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {ours}".encode())

    with pytest.raises(DatabaseFailed) as caught:
        one_shop.engine(end).migrate(migration)
    assert "resume" in caught.value.todo
    assert one_shop.state() == "migrating"
    assert one_shop.engine().resume(migration).after.value == "migrated"
    assert one_shop.engine().contract(migration).after.value == "complete"


def test_a_server_that_goes_away(private_database: Database, tmp_path: Path) -> None:
    shop = make_shop(private_database, tmp_path)
    migration, server = shop.render_rename(), private_database.server.primary

    def stop(event: Event) -> None:
        if event.kind is EventKind.STEP_INTENT and event.data["phase"] == "migrate" and event.data["number"] == 2:
            server.stop("immediate")

    shop.engine().expand(migration)
    with pytest.raises(DatabaseFailed) as caught:
        shop.engine(stop).migrate(migration)
    assert "resume" in caught.value.todo
    with pytest.raises(DatabaseFailed, match="Connecting to"):
        shop.engine().resume(migration)
    server.start()
    assert shop.engine().resume(migration).after.value == "migrated"
    assert shop.engine().contract(migration).after.value == "complete"


_ENDED_IN_COMMIT = """
CREATE TABLE trap (id int);
CREATE FUNCTION spring() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER spring AFTER INSERT ON trap DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION spring();
"""


def test_a_connection_lost_in_commit_that_did_not_happen(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as connection:
        connection.execute(_ENDED_IN_COMMIT)
        migration = one_shop.write("m", expand=f"BEGIN; {NICK} INSERT INTO public.trap VALUES (1); COMMIT;")
        with pytest.raises(OutcomeUnknown, match="lost while step 1 of expand was being committed"):
            one_shop.engine().expand(migration)
        assert "nick" not in users_parts(connection)["columns"]
        connection.execute("DROP TRIGGER spring ON trap")
        assert one_shop.engine().resume(migration).after.value == "expanded"
        assert "nick" in users_parts(connection)["columns"]


def test_a_connection_lost_in_commit_that_happened(private_database: Database, tmp_path: Path) -> None:
    """The commit is durable here and waits for a synchronous replica that does not exist when the session is ended."""
    shop = make_shop(private_database, tmp_path)
    migration = shop.write("m", expand=NICK)
    with connect(private_database.dsn) as admin:
        admin.execute("SET synchronous_commit = local")
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE %s"

        def end_what_waits(name: str) -> None:
            wait_until(lambda: scalar(admin, waiting, name) is not None, f"the commit of {name} to wait for a replica")
            admin.execute("SELECT pg_terminate_backend(%s)", [scalar(admin, waiting, name)])

        def require_a_replica(event: Event) -> None:
            if event.kind is EventKind.LOCK_WAITING:
                admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
                admin.execute("SELECT pg_reload_conf()")
                with ended(lambda: _commit(private_database.dsn), DatabaseFailed):
                    end_what_waits("canary")  # from here on every commit waits

        with ended(lambda: shop.engine(require_a_replica).expand(migration), OutcomeUnknown):
            end_what_waits("migrator/m%")
        admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
        admin.execute("SELECT pg_reload_conf()")
        assert "nick" in users_parts(admin)["columns"]
        assert Store(admin, "test").steps("m", "expand")[1].state == "done"
        assert shop.engine().resume(migration).after.value == "expanded"


def _commit(dsn: str) -> None:
    """Commit until a commit does not return."""
    with translated("The canary"), connect(dsn, application_name="canary") as session:
        while True:
            session.execute("SELECT pg_current_xact_id()")
