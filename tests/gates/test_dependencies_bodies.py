"""Gate `dependencies`: function bodies that are text, which the catalog cannot look into."""

import pytest

from migrator.gates import dependencies
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection
from migrator.statements.effects import ObjectRef
from tests.gates.asking import column, question, thing

_TABLES = """
CREATE TABLE users (id bigint PRIMARY KEY, email text, mail text);
CREATE TABLE customers (id bigint PRIMARY KEY, email text);
"""


def ask(connection: Connection, *removes: ObjectRef, makes: tuple[ObjectRef, ...] = ()) -> GateResult:
    return dependencies.evaluate(question(connection, removes=removes, makes=makes))


@pytest.mark.parametrize(
    ("make", "named"),
    [
        ("CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT email FROM users LIMIT 1'", "function public.f()"),
        (
            (
                "CREATE FUNCTION f(a int) RETURNS text LANGUAGE plpgsql AS"
                " 'BEGIN RETURN (SELECT u.email FROM public.users u WHERE u.id = a); END'"
            ),
            "function public.f(a integer)",
        ),
        ("CREATE PROCEDURE f() LANGUAGE sql AS 'UPDATE users SET email = NULL'", "function public.f()"),
        (
            (
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := 1; RETURN NEW; END';"
                "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()"
            ),
            "function public.f()",
        ),
        ("CREATE FUNCTION f(u users) RETURNS text LANGUAGE sql AS 'SELECT $1.email'", "function public.f(u users)"),
        (
            "CREATE FUNCTION f(u users[]) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN u[1].email; END'",
            "function public.f(u users[])",
        ),
        (
            (
                "CREATE FUNCTION every_one() RETURNS SETOF users LANGUAGE sql AS 'TABLE users';"
                "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS"
                " 'BEGIN RETURN (SELECT email FROM every_one()); END'"
            ),
            "function public.f()",
        ),
    ],
)
def test_a_body_that_names_the_column_closes_and_its_drop_opens(connection: Connection, make: str, named: str) -> None:
    connection.execute(_TABLES.encode())
    connection.execute(make.encode())
    closed = ask(connection, column("email"))
    assert closed.status is GateStatus.CLOSED
    assert f"{named} names column public.users.email" in closed.reason
    connection.execute("DROP ROUTINE f CASCADE")
    assert ask(connection, column("email")).status is GateStatus.OPEN


def test_a_body_that_reads_the_same_column_of_another_table_is_no_user(connection: Connection) -> None:
    connection.execute(_TABLES.encode())
    connection.execute(
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS"
        " 'SELECT c.email FROM customers c JOIN users u USING (id) LIMIT 1'"
    )
    assert ask(connection, column("email")).status is GateStatus.OPEN
    assert ask(connection, column("email", "customers")).status is GateStatus.CLOSED


def test_dynamic_sql_with_the_column_in_a_string_is_unknown(connection: Connection) -> None:
    connection.execute(_TABLES.encode())
    connection.execute(
        "CREATE FUNCTION f(t text) RETURNS void LANGUAGE plpgsql AS"
        " $f$ BEGIN EXECUTE format('UPDATE %I SET email = NULL', t); END $f$"
    )
    result = ask(connection, column("email"))
    assert result.status is GateStatus.UNKNOWN
    assert result.reason == "function public.f(t text) may name in dynamic SQL column public.users.email"


def test_our_own_functions_other_than_sync_functions_are_no_users(connection: Connection) -> None:
    connection.execute(_TABLES.encode())
    connection.execute(
        "CREATE SCHEMA migrator; CREATE FUNCTION migrator.heartbeat() RETURNS text LANGUAGE sql AS"
        " 'SELECT email FROM users LIMIT 1'"
    )
    assert ask(connection, column("email")).status is GateStatus.OPEN
    connection.execute("ALTER FUNCTION migrator.heartbeat() RENAME TO sync_other")
    assert "function migrator.sync_other()" in ask(connection, column("email")).reason
    own = thing("function", "sync_other", "migrator")
    assert ask(connection, column("email"), makes=(own,)).status is GateStatus.OPEN
    assert ask(connection, column("email"), own).status is GateStatus.OPEN


def test_a_removed_table_and_a_removed_function_are_searched_for(connection: Connection) -> None:
    connection.execute(_TABLES.encode())
    connection.execute(
        "CREATE FUNCTION inner_one() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION outer_one() RETURNS bigint LANGUAGE plpgsql AS"
        " 'BEGIN RETURN inner_one() + (SELECT count(*) FROM customers); END'"
    )
    assert (
        "function public.outer_one() names table public.customers"
        in ask(connection, thing("table", "customers")).reason
    )
    reason = ask(connection, thing("function", "inner_one")).reason
    assert reason == "users 1 > 0 (function public.outer_one() names function public.inner_one)"


def test_functions_of_extensions_are_no_users(connection: Connection) -> None:
    connection.execute("CREATE TABLE plpgsql_call (id int)")
    connection.execute("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT FROM plpgsql_call'")
    assert ask(connection, thing("table", "plpgsql_call")).status is GateStatus.CLOSED
    connection.execute("ALTER EXTENSION plpgsql ADD FUNCTION f()")
    assert ask(connection, thing("table", "plpgsql_call")).status is GateStatus.OPEN
