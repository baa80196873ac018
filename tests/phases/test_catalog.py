"""What the catalog holds and the record does not say: objects of others, invalid indexes, steps seen only in part."""

from typing import Any

import pytest

from migrator.errors import (
    CatalogConflict,
    DatabaseFailed,
)
from migrator.pg.connection import connect
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.phases.looking import scalar, users_parts
from tests.phases.scenes import INDEX, NICK, stopped_in


@pytest.mark.parametrize(
    ("there", "expand", "words"),
    [
        ("ALTER TABLE users ADD COLUMN nick int", NICK, "column public.users.nick is there"),
        ("CREATE INDEX users_name_idx ON users (name)", INDEX, "index public.users_name_idx is there"),
        ("CREATE TABLE made (id int)", "CREATE TABLE public.made (id bigint);", "table public.made is there"),
    ],
)
def test_an_object_that_somebody_else_made(one_shop: Shop, there: str, expand: str, words: str) -> None:
    with connect(one_shop.dsn) as connection:
        connection.execute(there.encode())
    migration = one_shop.write("m", expand=expand)
    with pytest.raises(CatalogConflict, match=words):
        one_shop.engine().expand(migration)
    assert one_shop.state("m") == "expanding"


def test_another_index_of_the_same_name_is_not_taken_for_ours(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=INDEX)
    stopped_in(one_shop, "expand")
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE INDEX users_name_idx ON users (name, visits)")
    with pytest.raises(CatalogConflict, match="Somebody else made it"):
        one_shop.engine().resume(migration)


def _invalid_index(shop: Shop) -> None:
    with connect(shop.dsn) as connection:
        connection.execute("UPDATE users SET name = 'same'")
        with pytest.raises(Exception, match="could not create unique index"):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY users_name_idx ON users (name)")


def test_an_invalid_index_of_a_stranger_is_not_dropped(one_shop: Shop) -> None:
    _invalid_index(one_shop)
    with pytest.raises(CatalogConflict, match="INVALID, and it was not this migration that left it"):
        one_shop.engine().expand(one_shop.write("m", expand=INDEX))
    with connect(one_shop.dsn) as connection:
        assert "users_name_idx INVALID" in users_parts(connection)["indexes"]


@pytest.mark.parametrize("exists", ["", "IF NOT EXISTS "])
def test_a_unique_index_that_cannot_be_built_and_then_can(one_shop: Shop, exists: str) -> None:
    """IF NOT EXISTS would be content with the invalid index that the first try left."""
    text = f"CREATE UNIQUE INDEX CONCURRENTLY {exists}users_name_idx ON public.users (name);"
    engine, migration = one_shop.engine(), one_shop.write("m", expand=text)
    with connect(one_shop.dsn) as connection:
        connection.execute("UPDATE users SET name = 'same' WHERE id < 3")
        with pytest.raises(
            DatabaseFailed, match=r"could not create unique index .*23505\): name = same, rows = 2\."
        ) as it:
            engine.expand(migration)
        assert it.value.details["duplicates"] == ["name = same, rows = 2"]
        assert not {"users_name_idx", "users_name_idx INVALID"} & users_parts(connection)["indexes"]
        connection.execute("UPDATE users SET name = 'one' WHERE id = 1")
        assert engine.resume(migration).after.value == "expanded"
        assert "users_name_idx" in users_parts(connection)["indexes"]


def test_a_missing_table(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand="ALTER TABLE public.nobody ADD COLUMN x int;", abort="SELECT 1;")
    with pytest.raises(DatabaseFailed, match=r'relation "public.nobody" does not exist \(SQLSTATE 42P01\)'):
        one_shop.engine().expand(migration)
    with connect(one_shop.dsn) as connection:
        step = Store(connection, "test").steps("m", "expand")[1]
    assert (step.state, step.attempts) == ("failed", 1)
    assert "does not exist" in str(step.error)


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN; CREATE TABLE public.s (id int); INSERT INTO public.s VALUES (1); DROP TABLE public.s; COMMIT;",
        "BEGIN; DROP TRIGGER t ON users; CREATE TRIGGER t BEFORE UPDATE ON users EXECUTE FUNCTION public.f(); COMMIT;",
        "CREATE FUNCTION public.f(integer, text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP FUNCTION public.f(int);",
        "ALTER FUNCTION public.f(int) RENAME TO g;",
        "ALTER TABLE public.users ALTER COLUMN nothing DROP NOT NULL, ALTER COLUMN nothing SET DEFAULT 7;",
        "BEGIN; ALTER TABLE public.users RENAME TO old; CREATE TABLE public.users (id int); COMMIT;",
    ],
    ids=["scratch table", "trigger again", "overload", "drop one", "rename one", "partly done", "swap"],
)
def test_statements_that_a_simple_look_at_names_would_misjudge(one_shop: Shop, text: str) -> None:
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
        connection.execute("CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'")
        connection.execute("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()")
        connection.execute("ALTER TABLE users ADD COLUMN nothing int")
        migration = one_shop.write("m", expand=text)
        assert one_shop.engine().expand(migration).after.value == "expanded"
        states = [step.state for step in Store(connection, "test").all_steps("m")]
        assert states == ["done"]
        assert scalar(connection, "SELECT to_regclass('public.s') IS NULL")
        found = {
            "update": scalar(connection, "SELECT tgtype & 16 <> 0 FROM pg_trigger WHERE tgname = 't'"),
            "f(int)": scalar(connection, "SELECT to_regprocedure('f(int)') IS NOT NULL"),
            "overload": scalar(connection, "SELECT to_regprocedure('f(int, text[])') IS NOT NULL"),
            "default": scalar(connection, "SELECT count(*) FROM pg_attrdef WHERE pg_get_expr(adbin, adrelid) = '7'"),
            "old": scalar(connection, "SELECT to_regclass('public.old') IS NOT NULL"),
        }
    nothing = {"update": False, "f(int)": True, "overload": False, "default": 0, "old": False}
    changed: dict[str, dict[str, Any]] = {
        "BEGIN; CREATE": {},
        "BEGIN; DROP": {"update": True},
        "CREATE FUNCTION": {"overload": True},
        "DROP FUNCTION": {"f(int)": False},
        "ALTER FUNCTION": {"f(int)": False},
        "ALTER TABLE": {"default": 1},
        "BEGIN; ALTER": {"old": True},
    }
    assert found == nothing | changed[" ".join(text.split()[:2])]


def test_an_interrupted_statement_that_may_run_again(one_shop: Shop) -> None:
    vacuum = one_shop.write("v", expand="VACUUM public.users;")
    stopped_in(one_shop, "expand", name="v")
    assert one_shop.engine().resume(vacuum).after.value == "expanded"
