"""A whole rename where a database, or a role in it, is set up otherwise than the tool's own sessions need."""

from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import pytest

from migrator.errors import DatabaseFailed
from migrator.pg.connection import connect
from migrator.phases.differences import find_differences
from migrator.state.install import install
from tests.fix_app import Shop, users
from tests.fix_server import Database, fill_shop
from tests.phases.looking import scalar

PREFERENCES = {
    "standard_conforming_strings": "off",
    "backslash_quote": "off",
    "DateStyle": "German, DMY",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Pacific/Chatham",
    "extra_float_digits": "-10",
    "transform_null_equals": "on",
    "check_function_bodies": "off",
    "client_min_messages": "debug1",
    "client_encoding": "LATIN1",
    "default_transaction_isolation": "serializable",
    "idle_in_transaction_session_timeout": "20ms",
    "idle_session_timeout": "100ms",
    "transaction_timeout": "50ms",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
}


def _renamed(shop: Shop, to: str) -> None:
    """Rename there, back and there again; after each way the catalog is what the records say."""
    migration, engine = shop.render_rename(to=to), shop.engine()
    for last in ("abort", "contract"):
        engine.expand(migration)
        engine.migrate(migration)
        with connect(shop.dsn) as connection:
            assert find_differences(connection, (migration,)) == ()
        getattr(engine, last)(migration)
    assert shop.state() == "complete"
    with connect(shop.dsn) as connection:
        assert all(users(connection, '"{}"'.format(to.replace('"', '""'))).values())


def test_every_preference_of_a_database(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as connection:
        name = scalar(connection, "SELECT current_database()")
        known = connection.execute("SELECT lower(name) AS name FROM pg_settings").fetchall()
        for setting in {setting.lower() for setting in PREFERENCES} & {row["name"] for row in known}:
            value = {key.lower(): value for key, value in PREFERENCES.items()}[setting]
            text = value if setting == "datestyle" else f"'{value}'"
            connection.execute(f"ALTER DATABASE {name} SET {setting} = {text}".encode())
    _renamed(one_shop, "M\\äil 'x'")


@pytest.fixture(params=["LATIN1", pytest.param("SQL_ASCII", marks=pytest.mark.thorough)])
def encoded_shop(request: pytest.FixtureRequest, one_database: Database, tmp_path: Path) -> Generator[Shop]:
    """A shop in a database of another encoding than the files'."""
    name = f"encoded_{uuid4().hex[:12]}"
    dsn = one_database.server.primary.dsn_of(name)
    with connect(one_database.dsn) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{request.param}' LOCALE 'C'".encode())
        try:
            with connect(dsn) as inside:
                install(inside)
                fill_shop(inside)
            yield Shop(dsn, tmp_path)
        finally:
            connection.execute(f"DROP DATABASE {name} (FORCE)".encode())


def test_letters_of_the_encoding(encoded_shop: Shop) -> None:
    with connect(encoded_shop.dsn) as connection:
        connection.execute("UPDATE users SET email = 'größe@example' WHERE id = 1")
    _renamed(encoded_shop, "größe")
    with connect(encoded_shop.dsn) as connection:
        assert scalar(connection, 'SELECT "größe" FROM users WHERE id = 1') == "größe@example"


@pytest.mark.parametrize("encoded_shop", ["LATIN1"], indirect=True)
def test_a_letter_that_the_encoding_has_not(encoded_shop: Shop) -> None:
    migration = encoded_shop.write(
        "m", expand="ALTER TABLE public.users ADD COLUMN \u043f\u043e\u0447\u0442\u0430 text;"
    )
    with pytest.raises(DatabaseFailed, match='has no equivalent in encoding "LATIN1"') as caught:
        encoded_shop.engine().expand(migration)
    assert "SHOW server_encoding" in caught.value.todo
