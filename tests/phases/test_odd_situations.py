"""What an operator meets at night: another role, another server, records and catalog that do not agree."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from migrator.errors import CatalogConflict, ChecksumChanged, DatabaseFailed, MigratorError, Refused
from migrator.pg.connection import connect
from migrator.phases.differences import find_differences
from migrator.phases.pending import expand_all
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.phases.looking import scalar
from tests.phases.scenes import CONTRACT, INDEX, NICK, with_every_phase


def _execute(shop: Shop, *texts: str) -> None:
    with connect(shop.dsn) as connection:
        for text in texts:
            connection.execute(text.encode())


def _name(shop: Shop) -> str:
    with connect(shop.dsn) as connection:
        return str(scalar(connection, "SELECT current_database()"))


@contextmanager
def _as_role(shop: Shop, *grants: str, options: str = "") -> Generator[Shop]:
    """Give the shop as an ordinary role sees it; `{role}` in the grants is its name."""
    role = f"role_of_{_name(shop)}"
    try:
        _execute(shop, f"CREATE ROLE {role} LOGIN NOINHERIT PASSWORD 'x'", *(text.format(role=role) for text in grants))
        _, _, place = shop.dsn.partition("@")
        yield Shop(f"postgresql://{role}:x@{place}{options}", shop.migrations)
    finally:
        _execute(shop, f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def _everything(shop: Shop) -> object:
    return expand_all(shop.engine(), shop.migrations, lambda _: None)


STATE = (
    "GRANT USAGE, CREATE ON SCHEMA migrator TO {role}",
    "GRANT ALL ON ALL TABLES IN SCHEMA migrator TO {role}",
    "GRANT ALL ON ALL SEQUENCES IN SCHEMA migrator TO {role}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrator TO {role}",
)


def _fails(error: type[MigratorError], act: Callable[[], object], situation: str, todo: str) -> None:
    with pytest.raises(error, match=situation) as caught:
        act()
    assert todo in caught.value.todo


def test_the_schema_of_another_role(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    with _as_role(one_shop) as stranger:
        expand = stranger.engine().expand
        _fails(Refused, lambda: expand(migration), "may not use the schema migrator, which belongs to", "GRANT SELECT")
    assert one_shop.state("m") == "none"


def test_a_role_that_does_not_own_the_table(one_shop: Shop) -> None:
    """Also the one that does so only after SET ROLE; said in the connection string it works."""
    migration = one_shop.write("m", expand=NICK)
    with _as_role(one_shop, *STATE) as shop:
        _fails(DatabaseFailed, lambda: shop.engine().expand(migration), "must be owner of table users", "-crole=OWNER")
        index = one_shop.write("orders", expand="CREATE INDEX CONCURRENTLY o ON public.orders (amount);")
        _fails(DatabaseFailed, lambda: shop.engine().expand(index), "must be owner of table orders", "-crole=OWNER")
    owner = f"owner_of_{_name(one_shop)}"
    _execute(one_shop, f"CREATE ROLE {owner}")
    grants = tuple(text.replace("{role}", owner) for text in (*STATE, "GRANT USAGE, CREATE ON SCHEMA public TO {role}"))
    given = (f"ALTER TABLE users OWNER TO {owner}", f"GRANT {owner} TO {{role}}")
    try:
        with _as_role(one_shop, *grants, *given, options=f"?options=-crole%3D{owner}") as shop:
            assert shop.engine().resume(migration).after.value == "expanded"
    finally:
        _execute(one_shop, f"REASSIGN OWNED BY {owner} TO CURRENT_USER", f"DROP OWNED BY {owner}", f"DROP ROLE {owner}")


def test_read_only_by_a_setting(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    _execute(one_shop, f"ALTER DATABASE {_name(one_shop)} SET default_transaction_read_only = on")
    words = "default_transaction_read_only is on"
    _fails(Refused, lambda: one_shop.engine().expand(migration), words, "options=-cdefault_transaction_read_only=off")
    _fails(Refused, lambda: _everything(one_shop), words, "options=")
    allowed = Shop(f"{one_shop.dsn}?options=-cdefault_transaction_read_only%3Doff", one_shop.migrations)
    assert allowed.engine().expand(migration).after.value == "expanded"


@pytest.mark.replica
def test_a_replica_is_named_as_one(one_shop: Shop, one_database: Database) -> None:
    migration = one_shop.write("m", expand=NICK)
    one_database.server.wait_caught_up()
    replica = Shop(one_database.replica_dsn, one_shop.migrations)
    _fails(Refused, lambda: replica.engine().expand(migration), "is a replica", "Connect to the primary")
    _fails(Refused, lambda: _everything(replica), "is a replica", "Connect to the primary")


def test_limits_and_names_of_a_role_do_not_reach_the_engine(one_shop: Shop) -> None:
    """A path that lists other functions before PostgreSQL's own, and other tables before public's."""
    name = _name(one_shop)
    evil = "RETURNS {} LANGUAGE plpgsql AS $$BEGIN RAISE 'hijacked'; END$$"
    _execute(
        one_shop,
        "CREATE SCHEMA evil",
        f"CREATE FUNCTION evil.set_config(text, text, boolean) {evil.format('text')}",
        f"CREATE FUNCTION evil.clock_timestamp() {evil.format('timestamptz')}",
        "CREATE FUNCTION evil.pg_try_advisory_lock(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE TABLE evil.users (id int); CREATE VIEW evil.pg_locks AS SELECT 1 AS x",
        f"ALTER DATABASE {name} SET search_path = evil, pg_catalog, public",
        f"ALTER DATABASE {name} SET lock_timeout = '1ms'",
        f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '100ms'",
        f"ALTER DATABASE {name} SET idle_session_timeout = '300ms'",
    )
    engine = one_shop.engine()
    migration = one_shop.write("m", manifest=CONTRACT, expand=NICK.replace("public.", ""), migrate=INDEX)
    engine.expand(migration)
    assert engine.migrate(migration).after.value == "migrated"
    with connect(one_shop.dsn) as connection:
        column = "SELECT attrelid::regclass::text FROM pg_attribute WHERE attname = 'nick'"
        assert scalar(connection, column) == "users", "public's, as plans and claims say"
        assert scalar(connection, "SHOW search_path") == "public, evil"


def test_a_table_from_a_backup_older_than_the_records(one_shop: Shop) -> None:
    """The contract would remove the old column, and the new one is not there: neither phase begins."""
    migration, engine = with_every_phase(one_shop).migration("m"), one_shop.engine()
    engine.expand(migration)
    _execute(one_shop, "ALTER TABLE users DROP COLUMN nick")
    words = r"step 1 of expand of m is recorded as done, but the catalog does not show .*column public\.users\.nick"
    _fails(CatalogConflict, lambda: engine.migrate(migration), words, "restored from a backup")
    assert one_shop.state("m") == "expanded"
    _execute(one_shop, NICK)
    engine.migrate(migration)
    _execute(one_shop, "ALTER TABLE users DROP COLUMN nick")
    _fails(CatalogConflict, lambda: engine.contract(migration), words, "`migrator reconcile m`")
    assert one_shop.state("m") == "migrated"
    _execute(one_shop, NICK)
    assert engine.contract(migration).after.value == "complete"


def test_a_view_with_the_name_that_a_table_had(one_shop: Shop) -> None:
    """The table is gone from there as it should be, and the view that stands for it is no sign of the opposite."""
    swap = "BEGIN; ALTER TABLE public.users RENAME TO people; CREATE VIEW public.users AS TABLE public.people; COMMIT;"
    engine = one_shop.engine()
    migration = one_shop.write("m", manifest=CONTRACT, expand=swap, contract="DROP VIEW public.users;")
    engine.expand(migration)
    with connect(one_shop.dsn) as connection:
        assert find_differences(connection, [migration]) == ()
    engine.migrate(migration)
    assert engine.contract(migration).after.value == "complete"


def test_a_trigger_that_somebody_disabled(one_shop: Shop) -> None:
    migration, engine = one_shop.render_rename(), one_shop.engine()
    engine.expand(migration)
    engine.migrate(migration)
    _execute(one_shop, "ALTER TABLE users DISABLE TRIGGER USER")
    _fails(CatalogConflict, lambda: engine.contract(migration), "is disabled or gone", "ENABLE TRIGGER zz_migrator_")
    _execute(one_shop, "ALTER TABLE users ENABLE TRIGGER USER")
    assert engine.contract(migration).after.value == "complete"


def test_a_catalog_that_is_ahead_of_the_records(one_shop: Shop) -> None:
    """The records are from the older backup: what is there already is not made a second time, nor taken for ours."""
    migration = one_shop.write("m", expand=NICK)
    _execute(one_shop, NICK)
    words = r"would make what is already there: column public\.users\.nick"
    _fails(CatalogConflict, lambda: one_shop.engine().expand(migration), words, "take the statement out of the file")


def test_a_folder_that_was_renamed(one_shop: Shop) -> None:
    with_every_phase(one_shop)
    engine = one_shop.engine()
    engine.expand(one_shop.migration("m"))
    (one_shop.migrations / "m").rename(one_shop.migrations / "n")
    words = r"The expand\.sql of n ran here as m \(expanded\), which is no longer in the folder"
    _fails(Refused, lambda: engine.migrate(one_shop.migration("n")), words, "Give it the name m again")
    _fails(Refused, lambda: engine.expand(one_shop.migration("n")), words, "Give it the name m again")
    _fails(Refused, lambda: _everything(one_shop), words, "Give it the name m again")
    assert one_shop.state("n") in {"none", "pending"}


def test_a_backfill_that_comes_into_the_manifest_after_the_migrate_phase(one_shop: Shop) -> None:
    migration, engine = with_every_phase(one_shop).migration("m"), one_shop.engine()
    engine.expand(migration)
    engine.migrate(migration)
    late = '[[backfill]]\ntable = "public.users"\nset = { nick = "name" }\nwhere = "nick IS NULL"\n'
    (migration.folder / "migration.toml").write_text(CONTRACT + late)
    _fails(
        ChecksumChanged, lambda: engine.contract(one_shop.migration("m")), "backfill of m changed", "migrator repair"
    )
