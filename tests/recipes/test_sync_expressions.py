"""What old and new code see of each other's writes when an expression stands between their columns, on every server."""

import pytest

from migrator.pg.connection import Connection
from migrator.pg.driver import errors
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement
from tests.recipes.recipe_cases import CASES, Case
from tests.recipes.test_live import backfill, build, render, run, verify

REST = "nullif(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), '')"
SPLIT = {
    "kind": "split_column",
    "table": "public.people",
    "from": "full_name",
    "into": {"first": "nullif(split_part(full_name, ' ', 1), '')", "last": REST},
    "down": "concat_ws(' ', first, last)",
}
PEOPLE = Case(
    "CREATE TABLE people (id integer PRIMARY KEY, full_name text NOT NULL, other integer DEFAULT 0);",
    SPLIT,
    ("INSERT INTO people VALUES (1, 'Ann Lee'), (2, '')",),
)
OLD_DECIDES = Case(PEOPLE.base, SPLIT | {"authority": "old"}, PEOPLE.rows)


@pytest.fixture
def split(connection: Connection) -> Connection:
    build(connection, PEOPLE)
    run(connection, render(connection, PEOPLE)["expand.sql"])
    return connection


def person(connection: Connection, key: int) -> tuple[str, str | None, str | None]:
    row = connection.execute("SELECT full_name, first, last FROM people WHERE id = %s", [key]).fetchone()
    assert row is not None
    return row["full_name"], row["first"], row["last"]


INSERTS = [
    ("INSERT INTO people (id, full_name) VALUES (9, 'Bo  Kay')", ("Bo  Kay", "Bo", " Kay")),
    ("INSERT INTO people (id, full_name) VALUES (9, 'Bo')", ("Bo", "Bo", None)),
    ("INSERT INTO people (id, first, last) VALUES (9, 'Bo Jo', 'Kay')", ("Bo Jo Kay", "Bo Jo", "Kay")),
    ("INSERT INTO people (id, last) VALUES (9, 'Kay')", ("Kay", None, "Kay")),
    ("INSERT INTO people (id, full_name, first) VALUES (9, 'stale', 'Bo')", ("Bo", "Bo", None)),
]


@pytest.mark.parametrize(("statement", "expected"), INSERTS)
def test_insert(split: Connection, statement: str, expected: tuple[str, str | None, str | None]) -> None:
    split.execute(statement.encode())
    assert person(split, 9) == expected


UPDATES = [
    ("UPDATE people SET full_name = 'Bo Kay' WHERE id = 5", ("Bo Kay", "Bo", "Kay")),
    ("UPDATE people SET first = 'Bo' WHERE id = 5", ("Bo Kim", "Bo", "Kim")),
    ("UPDATE people SET last = NULL WHERE id = 5", ("Mia Lea", "Mia Lea", None)),
    ("UPDATE people SET first = NULL, last = NULL WHERE id = 5", ("", None, None)),
    ("UPDATE people SET full_name = full_name, other = 1 WHERE id = 5", ("Mia Lea Kim", "Mia Lea", "Kim")),
    ("UPDATE people SET full_name = 'stale', first = 'Bo', last = 'Kay' WHERE id = 5", ("Bo Kay", "Bo", "Kay")),
    ("UPDATE people SET full_name = 'Bo Kay', first = first, last = last WHERE id = 5", ("Bo Kay", "Bo", "Kay")),
]


@pytest.mark.parametrize(("statement", "expected"), UPDATES)
def test_what_only_one_side_can_say_stays(
    split: Connection, statement: str, expected: tuple[str, str | None, str | None]
) -> None:
    """`Mia Lea` is a first name that nobody finds again in the whole; old code that writes it back changes nothing."""
    split.execute("INSERT INTO people (id, first, last) VALUES (5, 'Mia Lea', 'Kim')")
    split.execute(statement.encode())
    assert person(split, 5) == expected


UNFILLED = [
    ("UPDATE people SET first = 'Bo' WHERE id = 1", ("Bo Lee", "Bo", "Lee")),
    ("UPDATE people SET first = 'Bo', last = NULL WHERE id = 1", ("Bo Lee", "Bo", "Lee")),
    ("UPDATE people SET first = 'Bo', last = 'Kay' WHERE id = 1", ("Bo Kay", "Bo", "Kay")),
    ("UPDATE people SET other = 1 WHERE id = 1", ("Ann Lee", None, None)),
    ("UPDATE people SET first = 'Bo' WHERE id = 2", ("Bo", "Bo", None)),
]


@pytest.mark.parametrize(("statement", "expected"), UNFILLED)
def test_new_code_on_a_row_that_is_not_filled_loses_nothing(
    split: Connection, statement: str, expected: tuple[str, str | None, str | None]
) -> None:
    key = 2 if "id = 2" in statement else 1
    split.execute(statement.encode())
    assert person(split, key) == expected


def test_a_part_that_new_code_emptied_is_not_filled_again(split: Connection) -> None:
    split.execute("UPDATE people SET first = NULL, last = 'x' WHERE id = 1")
    split.execute("UPDATE people SET last = NULL WHERE id = 1")
    assert person(split, 1) == ("Ann", "Ann", None)
    split.execute("UPDATE people SET first = NULL WHERE id = 1")
    split.execute("UPDATE people SET last = 'Lee' WHERE id = 1")
    assert person(split, 1) == ("Lee", None, "Lee")


def test_the_old_column_decides_until_migrate_has_ended(connection: Connection) -> None:
    build(connection, OLD_DECIDES)
    files = render(connection, OLD_DECIDES)
    run(connection, files["expand.sql"])
    connection.execute("INSERT INTO people (id, full_name, first) VALUES (3, 'Bo Kay', 'x')")
    assert person(connection, 3) == ("Bo Kay", "Bo", "Kay")
    connection.execute("UPDATE people SET full_name = 'Al Kay', last = 'y' WHERE id = 3")
    assert person(connection, 3) == ("Al Kay", "Al", "Kay")
    for refused in ("UPDATE people SET first = 'x' WHERE id = 3",):
        with pytest.raises(errors.GeneratedAlways, match="first, last cannot be written yet"):
            connection.execute(refused.encode())
    backfill(connection, OLD_DECIDES, files["migration.toml"])
    run(connection, files["migrate.sql"])
    connection.execute("UPDATE people SET first = 'Cy' WHERE id = 3")
    assert person(connection, 3) == ("Cy Kay", "Cy", "Kay")
    verify(connection, files)


def test_the_contract_lets_the_new_columns_decide_first(split: Connection) -> None:
    files = render_contract(split)
    flip = next(s.text for s in files if s.text.startswith("CREATE OR REPLACE"))
    split.execute("INSERT INTO people (id, full_name) VALUES (5, 'Bo Kay')")
    split.execute(flip.encode())
    split.execute("UPDATE people SET full_name = 'straggler' WHERE id = 5")
    assert person(split, 5) == ("Bo Kay", "Bo", "Kay")


def render_contract(connection: Connection) -> tuple[Statement, ...]:
    connection.execute("CREATE TABLE fresh (LIKE people INCLUDING ALL)")
    connection.execute("ALTER TABLE fresh DROP COLUMN first, DROP COLUMN last")
    connection.execute("CREATE INDEX ON people (full_name)")
    arguments = PEOPLE.arguments | {"table": "public.fresh"}
    connection.execute("CREATE INDEX ON fresh (full_name)")
    text = render(connection, Case("", arguments))["contract.sql"].replace("public.fresh", "public.people")
    name = Case("", arguments).migration
    return parse_sql(text.replace(name, PEOPLE.migration)).statements


def test_values_that_do_not_fit_are_refused_and_not_cut(connection: Connection) -> None:
    case = CASES["change_column_type_wider"]
    build(connection, case)
    run(connection, render(connection, case)["expand.sql"])
    with pytest.raises(errors.NumericValueOutOfRange):
        connection.execute("INSERT INTO orders (id, amount_ordered) VALUES (900, 3000000000)")
    connection.execute("INSERT INTO orders (id, amount_ordered) VALUES (900, 2000000000)")
    row = connection.execute("SELECT quantity FROM orders WHERE id = 900").fetchone()
    assert row == {"quantity": 2000000000}


def test_an_expression_that_cannot_run_stops_expand_before_anything_is_changed(connection: Connection) -> None:
    case = Case(PEOPLE.base, SPLIT | {"down": "concat_wss(' ', first, last)"})
    build(connection, case)
    files = render(connection, case)
    with pytest.raises(errors.UndefinedFunction):
        run(connection, files["expand.sql"])
    connection.execute("ROLLBACK")
    columns = connection.execute(
        "SELECT count(*) AS n FROM pg_attribute WHERE attrelid = 'people'::regclass AND attnum > 0"
    )
    assert columns.fetchone() == {"n": 3}


@pytest.mark.parametrize("action", ["SET NULL", "CASCADE", "SET DEFAULT"])
def test_actions_of_foreign_keys_reach_the_column_in_every_state(connection: Connection, action: str) -> None:
    """Between the end of the old foreign keys and the swap only the twins' keys act."""
    case = Case(
        f"""
        CREATE TABLE users (id integer PRIMARY KEY);
        CREATE TABLE orders (id integer PRIMARY KEY, user_id integer DEFAULT 0
            REFERENCES users ON DELETE {action} ON UPDATE CASCADE);
        """,
        {"kind": "primary_key_to_bigint", "table": "public.users"},
        (
            "INSERT INTO users SELECT generate_series(0, 60)",
            "INSERT INTO orders SELECT g, g FROM generate_series(1, 60) g",
        ),
    )
    build(connection, case)
    files = render(connection, case)
    run(connection, files["expand.sql"])
    backfill(connection, case, files["migration.toml"])
    key = 0
    for statement in parse_sql(files["migrate.sql"] + files["contract.sql"]).statements:
        connection.execute(statement.text.encode())
        if connection.info.transaction_status == 0:
            key += 2
            connection.execute("DELETE FROM users WHERE id = %s", [key - 1])
            connection.execute("UPDATE users SET id = id + 1000 WHERE id = %s", [key])
            left = connection.execute("SELECT id, user_id FROM orders WHERE id IN (%s, %s)", [key - 1, key]).fetchall()
            first = {"SET NULL": [(key - 1, None)], "SET DEFAULT": [(key - 1, 0)], "CASCADE": []}[action]
            assert sorted((row["id"], row["user_id"]) for row in left) == [*first, (key, key + 1000)]
    assert key > 20
