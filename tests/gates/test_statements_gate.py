"""Gate `statements`: what clients run is found on the primary and on replicas, and blindness is unknown."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, cast

import pytest

from migrator.config import Settings
from migrator.config.gates import GateSettings, StatementsGate
from migrator.deploys.watching import watch_statements
from migrator.gates import statements
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import psycopg
from migrator.phases.evidence import ContractShut
from migrator.state.acknowledgements import acknowledge
from migrator.state.statements import watched_servers
from migrator.state.store import Store
from tests.fix_app import make_shop
from tests.fix_server import Database
from tests.gates.asking import MIGRATION, column, question, register, thing

pytestmark = [pytest.mark.system, pytest.mark.replica]

_TABLES = """
CREATE EXTENSION pg_stat_statements;
CREATE TABLE users (id bigint PRIMARY KEY, email text, mail text);
CREATE TABLE customers (id bigint PRIMARY KEY, email text);
CREATE VIEW contacts AS SELECT id, email AS address FROM users;
CREATE VIEW mails AS SELECT id, mail FROM users;
"""
Client = Callable[..., None]


@pytest.fixture
def session(contrib_database: Database) -> Generator[Connection]:
    with psycopg.connect(contrib_database.dsn, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {contrib_database.name} SET pg_stat_statements.track = 'all'".encode())
    with connect(contrib_database.dsn) as connection:
        register(connection)
        connection.execute(_TABLES)
        contrib_database.server.wait_caught_up()
        yield connection


@pytest.fixture
def settings(contrib_database: Database, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("REPLICA_DSN", contrib_database.replica_dsn)
    return Settings(gates=GateSettings(statements=StatementsGate(replicas={"replica1": "REPLICA_DSN"})))


@pytest.fixture
def client(contrib_database: Database, session: Connection) -> Generator[Client]:  # noqa: ARG001 made first
    with psycopg.connect(contrib_database.dsn, autocommit=True) as opened:

        def run(sql: str, *values: Any) -> None:
            opened.execute(sql.encode(), values or None)

        yield run


def watch_for_a_day(session: Connection, settings: Settings) -> None:
    """Read once, and let it be a day ago that this was."""
    contrib = watch_statements(session, settings)
    assert [(server.name, server.problem) for server in contrib] == [("primary", ""), ("replica1", "")]
    session.execute("UPDATE migrator.statement_server SET since = since - interval '25 hours'")


def ask(session: Connection, settings: Settings, *refs: Any) -> GateResult:
    return statements.evaluate(question(session, settings=settings, removes=refs or (column("email"),)))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT email FROM users WHERE id = 7",
        "SELECT * FROM users",
        "SELECT row_to_json(u) FROM users u",
        "SELECT u FROM users u",
        "INSERT INTO users VALUES (1, 'a', 'a')",
        "DELETE FROM users WHERE id = 1 RETURNING *",
        "UPDATE users SET mail = 'x' WHERE email = 'y'",
        "COPY (SELECT email FROM users) TO '/dev/null'",
        "SELECT address FROM contacts",
        "SELECT count(*) FROM customers c JOIN users u ON u.email = c.email",
    ],
)
def test_a_statement_that_uses_the_column_closes(
    session: Connection, settings: Settings, client: Client, sql: str
) -> None:
    watch_for_a_day(session, settings)
    client("SELECT id, mail FROM users WHERE id = 7")
    client("SELECT email, count(*) FROM customers GROUP BY 1")
    client("SELECT * FROM mails")
    assert ask(session, settings).status is GateStatus.OPEN
    client(sql)
    closed = ask(session, settings)
    assert closed.status is GateStatus.CLOSED, closed.reason
    assert "on primary uses" in closed.reason


def test_a_cursor_closes(session: Connection, settings: Settings, client: Client) -> None:
    watch_for_a_day(session, settings)
    client("BEGIN; DECLARE c CURSOR FOR SELECT email FROM users; FETCH ALL FROM c; COMMIT")
    assert ask(session, settings).status is GateStatus.CLOSED


def test_a_function_that_puts_the_name_together_closes(session: Connection, settings: Settings, client: Client) -> None:
    session.execute(
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS"
        " $f$ BEGIN EXECUTE 'UPDATE users SET ' || 'em' || 'ail' || ' = NULL'; END $f$"
    )
    watch_for_a_day(session, settings)
    client("SELECT f()")
    assert "UPDATE users SET email" in ask(session, settings).reason


def test_a_reader_on_the_replica_alone_closes(
    session: Connection, settings: Settings, contrib_database: Database
) -> None:
    watch_for_a_day(session, settings)
    contrib_database.server.wait_caught_up()
    with psycopg.connect(contrib_database.replica_dsn, autocommit=True) as reader:
        reader.execute("SELECT * FROM users")
    closed = ask(session, settings)
    assert closed.status is GateStatus.CLOSED
    assert "on replica1 uses public.users.*" in closed.reason


def test_what_ran_before_the_window_opens_and_a_later_call_closes(
    session: Connection, settings: Settings, client: Client
) -> None:
    client("SELECT email FROM users")
    watch_for_a_day(session, settings)
    assert ask(session, settings).status is GateStatus.OPEN
    client("SELECT email FROM users")
    assert ask(session, settings).status is GateStatus.CLOSED
    session.execute("UPDATE migrator.statement_seen SET grew_at = grew_at - interval '25 hours'")
    assert ask(session, settings).status is GateStatus.OPEN


def test_too_short_a_watch_is_unknown(session: Connection, settings: Settings) -> None:
    result = ask(session, settings)
    assert result.status is GateStatus.UNKNOWN
    assert "nothing is certain on primary before" in result.reason
    assert "because it was read for the first time" in result.reason


def test_a_replica_that_nobody_can_ask_is_unknown(session: Connection, settings: Settings) -> None:
    watch_for_a_day(session, settings)
    result = ask(session, Settings())
    assert result.status is GateStatus.UNKNOWN
    assert result.reason.startswith("replica1 is a replica without a connection string")


def test_a_reset_is_unknown_also_of_one_entry(session: Connection, settings: Settings, client: Client) -> None:
    client("SELECT id FROM customers")
    watch_for_a_day(session, settings)
    session.execute(
        "SELECT pg_stat_statements_reset(userid, dbid, queryid) FROM pg_stat_statements"
        " WHERE query = 'SELECT id FROM customers'"
    )
    one = ask(session, settings)
    assert one.status is GateStatus.UNKNOWN
    assert "was reset" in one.reason
    session.execute("UPDATE migrator.statement_server SET since = since - interval '25 hours'")
    session.execute("UPDATE migrator.statement_server SET dealloc = dealloc - 1 WHERE name = 'primary'")
    assert "because entries were evicted" in ask(session, settings).reason


def test_functions_are_hidden_when_only_the_top_is_counted(
    session: Connection, settings: Settings, contrib_database: Database
) -> None:
    watch_for_a_day(session, settings)
    session.execute("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    assert ask(session, settings).status is GateStatus.OPEN
    session.execute(f"ALTER DATABASE {contrib_database.name} SET pg_stat_statements.track = 'top'".encode())
    with connect(contrib_database.dsn) as again:
        result = ask(again, settings)
    assert result.status is GateStatus.UNKNOWN
    assert "does not count what functions run (public.f())" in result.reason


def test_a_role_that_is_not_counted_is_unknown(
    session: Connection, settings: Settings, contrib_database: Database
) -> None:
    watch_for_a_day(session, settings)
    role = f"quiet_{contrib_database.name}"
    session.execute(f"CREATE ROLE {role}; ALTER ROLE {role} SET pg_stat_statements.track = 'none'".encode())
    try:
        result = ask(session, settings)
        assert result.status is GateStatus.UNKNOWN
        assert f"primary counts less for {role} in every database: pg_stat_statements.track=none" in result.reason
    finally:
        session.execute(f"DROP ROLE {role}".encode())


def test_hidden_texts_are_unknown(session: Connection, settings: Settings, client: Client) -> None:
    watch_for_a_day(session, settings)
    client("SELECT 1")
    assert ask(session, settings).status is GateStatus.OPEN
    session.execute("UPDATE migrator.statement_seen SET text = '<insufficient privilege>' WHERE text = 'SELECT $1'")
    assert "GRANT pg_read_all_stats" in ask(session, settings).reason


def test_the_text_from_before_a_rename_is_a_doubt_until_somebody_looked(
    session: Connection, settings: Settings, client: Client
) -> None:
    session.execute("ALTER TABLE users RENAME email TO electronic")
    client("SELECT electronic FROM users")
    session.execute("ALTER TABLE users RENAME electronic TO email")
    watch_for_a_day(session, settings)
    client("SELECT email FROM users")  # counted under the text with the old name
    result = ask(session, settings)
    assert result.status is GateStatus.UNKNOWN
    assert "names public.users.electronic, which is not there" in result.reason
    (doubt,) = cast("list[dict[str, str]]", result.evidence["may_use"])
    acknowledge(Store(session, "ann"), MIGRATION, "statements", doubt["queryid"], "it was me, with psql, before it")
    assert ask(session, settings).status is GateStatus.OPEN


def test_a_statement_that_cannot_be_read_and_names_the_table_is_a_doubt(
    session: Connection, settings: Settings, client: Client
) -> None:
    watch_for_a_day(session, settings)
    client("DO $d$ BEGIN PERFORM mail FROM users; END $d$")
    assert "cannot be read and names it" in ask(session, settings).reason


def test_our_own_statements_are_not_counted(session: Connection, settings: Settings) -> None:
    watch_for_a_day(session, settings)
    session.execute("SELECT email FROM users")
    assert ask(session, settings).status is GateStatus.OPEN


def test_a_removed_table_is_found_too(session: Connection, settings: Settings, client: Client) -> None:
    watch_for_a_day(session, settings)
    client("SELECT count(*) FROM customers")
    assert ask(session, settings, thing("table", "users")).status is GateStatus.OPEN
    assert ask(session, settings, thing("table", "customers")).status is GateStatus.CLOSED


def test_a_server_without_the_extension_is_unknown(one_connection: Connection) -> None:
    register(one_connection)
    one_connection.execute("CREATE TABLE users (id int, email text)")
    result = statements.evaluate(question(one_connection, removes=(column("email"),)))
    assert result.status is GateStatus.UNKNOWN
    assert result.reason.startswith("primary has no pg_stat_statements in this database")


def test_the_watch_begins_at_the_end_of_migrate(contrib_database: Database, tmp_path: Path) -> None:
    shop = make_shop(contrib_database, tmp_path)
    with connect(contrib_database.dsn) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        migration = shop.render_rename(evidence=["statements"])
        shop.engine().expand(migration)
        assert watched_servers(connection) == {}
        shop.engine().migrate(migration)
        assert "primary" in watched_servers(connection)
        with pytest.raises(ContractShut, match="nothing is certain on primary before"):
            shop.engine().contract(migration)
