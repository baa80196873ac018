"""Clients with `SELECT *` are told of before a phase changes the shape of their table."""

import pytest

from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.pg.driver import DatabaseError
from migrator.phases.cached_plans import reshaped_tables, stale_queries, stale_queries_of
from migrator.phases.steps import Step, steps_of
from migrator.statements.parse import parse_sql
from tests.fix_app import Shop
from tests.phases.scenes import INDEX, NICK


def _steps(text: str) -> tuple[Step, ...]:
    return steps_of(parse_sql(text).statements, "expand", 17)


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        (NICK, ["public.users"]),
        ("ALTER TABLE app.users DROP COLUMN a;", ["app.users"]),
        ("ALTER TABLE users RENAME a TO b;", ["public.users"]),
        ("ALTER TABLE users ALTER a TYPE text;", ["public.users"]),
        ("ALTER TABLE users ALTER a SET NOT NULL;", []),
        (INDEX, []),
        ("CREATE TABLE new (id int); ALTER TABLE new ADD COLUMN a int;", []),
    ],
)
def test_what_changes_the_shape(text: str, tables: list[str]) -> None:
    assert [str(table) for table in reshaped_tables(_steps(text))] == tables


def _told(shop: Shop) -> list[Event]:
    return [event for event in shop.heard if event.kind is EventKind.PLANS_STALE]


@pytest.mark.parametrize(
    ("query", "is_told"),
    [
        ("SELECT * FROM users WHERE id = 1", True),
        ("UPDATE users SET visits = 0 WHERE id = 1 RETURNING *", True),
        ("SELECT u.* FROM users u JOIN orders o ON o.id = u.id", True),
        ("SELECT count(*) FROM users", False),
        ("SELECT id * 2 FROM users", False),
        ("SELECT * FROM orders", False),
    ],
)
def test_a_session_with_a_star_is_told(one_shop: Shop, query: str, is_told: bool) -> None:
    migration = one_shop.write("m", expand=NICK)
    with connect(one_shop.dsn, application_name="shop/web") as session:
        session.execute(query.encode())
        one_shop.engine().expand(migration)
    assert [event.data["queries"] for event in _told(one_shop)] == ([[query]] if is_told else [])


def test_a_phase_that_changes_no_shape_asks_nobody(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=INDEX)
    with connect(one_shop.dsn, application_name="shop/web") as session:
        session.execute("SELECT * FROM users")
        one_shop.engine().expand(migration)
    assert _told(one_shop) == []


def test_statements_that_nobody_runs_just_now(shop: Shop) -> None:
    """pg_stat_statements remembers them, in whatever schema it is installed."""
    with connect(shop.dsn, application_name="shop/web") as session:
        try:
            session.execute("CREATE SCHEMA watching; CREATE EXTENSION pg_stat_statements SCHEMA watching")
            session.execute("SET pg_stat_statements.track = 'top'")  # our own sessions are not counted
        except DatabaseError:
            pytest.skip("this server has no pg_stat_statements")
        session.execute("SELECT * FROM users WHERE visits < 0")
        session.execute("SELECT 1")
        found = stale_queries(session, _steps(NICK))
    assert "SELECT * FROM users WHERE visits < $1" in found


def test_the_plan_asks_for_the_same(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=INDEX, migrate=NICK)
    with connect(one_shop.dsn, application_name="shop/web") as session, connect(one_shop.dsn) as watcher:
        session.execute("SELECT * FROM users")
        assert stale_queries_of(watcher, migration, None) == ("SELECT * FROM users",)
        assert stale_queries_of(watcher, migration, "expand") == ()


def test_where_nothing_was_seen_nothing_is_told(shop: Shop) -> None:
    with connect(shop.dsn, application_name="shop/web") as session:
        assert stale_queries(session, _steps(NICK)) == ()
