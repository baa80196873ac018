"""What old and new code see of each other's writes while both columns exist, on every server."""

import pytest

from migrator.pg.connection import Connection
from migrator.pg.driver import errors
from migrator.recipes.comparison import comparable
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.schema.model import Column
from migrator.statements.parse import parse_sql
from tests.recipes.recipe_cases import CASES, Case
from tests.recipes.test_live import build, render, run, verify

DEFAULTED = Case(
    "CREATE TABLE users (id integer PRIMARY KEY, email text DEFAULT 'dflt', other integer DEFAULT 0);",
    {"kind": "rename_column", "table": "public.users", "from": "email", "to": "mail"},
    ("INSERT INTO users VALUES (1, 'before'), (2, NULL)",),
)


@pytest.fixture
def expanded(connection: Connection) -> Connection:
    build(connection, DEFAULTED)
    run(connection, render(connection, DEFAULTED)["expand.sql"])
    return connection


def pair(connection: Connection, key: int) -> tuple[str | None, str | None]:
    row = connection.execute("SELECT email, mail FROM users WHERE id = %s", [key]).fetchone()
    assert row is not None
    return row["email"], row["mail"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("INSERT INTO users (id, email) VALUES (9, 'old')", ("old", "old")),
        ("INSERT INTO users (id, mail) VALUES (9, 'new')", ("new", "new")),
        ("INSERT INTO users (id) VALUES (9)", ("dflt", "dflt")),
        ("INSERT INTO users (id, email) VALUES (9, NULL)", (None, None)),
        ("INSERT INTO users (id, email, mail) VALUES (9, 'stale', 'new')", ("new", "new")),
        ("INSERT INTO users VALUES (9, 'old') ON CONFLICT (id) DO UPDATE SET email = 'x'", ("old", "old")),
    ],
)
def test_insert(expanded: Connection, statement: str, expected: tuple[str | None, str | None]) -> None:
    expanded.execute(statement.encode())
    assert pair(expanded, 9) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE users SET email = 'old' WHERE id = 5", ("old", "old")),
        ("UPDATE users SET mail = 'new' WHERE id = 5", ("new", "new")),
        ("UPDATE users SET mail = NULL WHERE id = 5", (None, None)),
        ("UPDATE users SET email = NULL WHERE id = 5", (None, None)),
        ("UPDATE users SET email = 'stale', mail = 'new', other = 1 WHERE id = 5", ("new", "new")),
        ("UPDATE users SET email = email, mail = 'new' WHERE id = 5", ("new", "new")),
        ("UPDATE users SET email = 'old', mail = mail WHERE id = 5", ("old", "old")),
        ("UPDATE users SET other = 7 WHERE id = 5", ("five", "five")),
        (
            "INSERT INTO users (id, email) VALUES (5, 'x') ON CONFLICT (id) DO UPDATE SET email = excluded.email",
            ("x", "x"),
        ),
        (
            "INSERT INTO users (id, mail) VALUES (5, 'x') ON CONFLICT (id) DO UPDATE SET mail = excluded.mail",
            ("x", "x"),
        ),
    ],
)
def test_update_of_a_row_that_is_filled(
    expanded: Connection, statement: str, expected: tuple[str | None, str | None]
) -> None:
    expanded.execute("INSERT INTO users (id, email) VALUES (5, 'five')")
    expanded.execute(statement.encode())
    assert pair(expanded, 5) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE users SET email = 'old' WHERE id = 1", ("old", "old")),
        ("UPDATE users SET mail = 'new' WHERE id = 1", ("new", "new")),
        ("UPDATE users SET other = 7 WHERE id = 1", ("before", None)),
        ("UPDATE users SET mail = NULL, other = 7 WHERE id = 1", ("before", None)),
    ],
)
def test_update_of_a_row_that_is_not_filled_yet(
    expanded: Connection, statement: str, expected: tuple[str | None, str | None]
) -> None:
    expanded.execute(statement.encode())
    assert pair(expanded, 1) == expected


def test_a_trigger_of_the_application_that_changes_the_column_is_followed(expanded: Connection) -> None:
    """UPDATE OF would not fire for it; ours comes last in the order of the names."""
    run(
        expanded,
        """
        CREATE FUNCTION lowered() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
        CREATE TRIGGER lowered BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION lowered();
        INSERT INTO users (id, email) VALUES (9, 'OLD');
        """,
    )
    assert pair(expanded, 9) == ("old", "old")
    expanded.execute("UPDATE users SET email = 'NEXT' WHERE id = 9")
    assert pair(expanded, 9) == ("next", "next")


def test_only_our_own_backfill_passes(expanded: Connection) -> None:
    with expanded.transaction():
        expanded.execute("SELECT set_config('migrator.bypass', 'another migration', true)")
        expanded.execute("UPDATE users SET mail = 'x' WHERE id = 1")
    assert pair(expanded, 1) == ("x", "x")
    with expanded.transaction():
        expanded.execute("SELECT set_config('migrator.bypass', %s, true)", [DEFAULTED.migration])
        expanded.execute("UPDATE users SET mail = 'filled' WHERE id = 1")
    assert pair(expanded, 1) == ("x", "filled")


def test_the_writers_search_path_does_not_matter(expanded: Connection) -> None:
    run(
        expanded,
        """
        CREATE SCHEMA evil;
        CREATE FUNCTION evil.never(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
        CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.never);
        SET search_path = evil, public, pg_catalog;
        UPDATE public.users SET mail = 'new' WHERE id OPERATOR(pg_catalog.=) 1;
        RESET search_path;
        """,
    )
    assert pair(expanded, 1) == ("new", "new")


LOOK_EQUAL = [
    ("numeric", "1.0", "1.00"),
    ("interval", "1 day", "24:00:00"),
    ("json", '{"a":1}', '{"a": 1}'),
    ("point", "(1,2)", "(2,1)"),
    ("box", "(1,1),(0,0)", "(3,3),(2,2)"),
    ("double precision", "0", "-0"),
    ("text[]", "{a}", "{A}"),
    ("pair", "(1,)", "(,)"),
    ("xml", "<a/>", "<a></a>"),
    ("text COLLATE nocase", "a", "A"),
]
NEEDS = {
    "xml": "SELECT '<a/>'::xml",
    "text COLLATE nocase": "CREATE COLLATION nocase (provider=icu, locale='und-u-ks-level2', deterministic=false)",
}


@pytest.mark.parametrize(("type_name", "first", "second"), LOOK_EQUAL)
def test_values_that_only_look_equal_are_copied(
    connection: Connection, type_name: str, first: str, second: str
) -> None:
    """`=` calls these equal or does not exist; a reader would see that they differ."""
    try:
        connection.execute(NEEDS.get(type_name, "SELECT 1").encode())
    except errors.FeatureNotSupported:
        pytest.skip(f"this server was built without what {type_name} needs")
    run(connection, "CREATE TYPE pair AS (x integer, y integer)")
    arguments = {"kind": "rename_column", "table": "public.t", "from": "a", "to": "b"}
    case = Case(f"CREATE TABLE t (id integer PRIMARY KEY, a {type_name});", arguments)
    build(connection, case)
    files = render(connection, case)
    run(connection, files["expand.sql"])
    connection.execute("INSERT INTO t (id, a) VALUES (1, %s)", [first])
    bare = type_name.partition(" COLLATE")[0]
    for column in ("a", "b", "a"):
        for value in (second, first):
            connection.execute(f"UPDATE t SET {column} = %s".encode(), [value])
            row = connection.execute(f"SELECT a::text, b::text, %s::{bare}::text AS v FROM t".encode(), [value])
            seen = row.fetchone()
            assert seen is not None
            assert seen["a"] == seen["b"] == seen["v"]
    verify(connection, files)


def test_the_dollar_quote_is_never_closed_by_a_name() -> None:
    old, new = Column("a$f$b", "text"), Column("new", "text")
    trigger = SyncTrigger.copying("m", CASES["rename_column"].table, old, new)
    assert len(parse_sql(";\n".join(trigger.create())).statements) == 3
    assert not parse_sql(";\n".join(trigger.create())).problems


def test_exact_types_are_compared_as_they_are() -> None:
    assert comparable("x", "character varying(20)") == "x"
    assert comparable("x", "timestamp(3) with time zone") == "x"
    assert comparable("x", "numeric(10,2)") == "x::text"
    assert comparable("x", "public.citext") == "x::text"
    assert comparable("x", "text", 'pg_catalog."de-x-icu"') == 'x COLLATE pg_catalog."C"'
