"""Shapes of schemas that broke a recipe in its last phase, or old code in its first, found by trying to."""

from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import DatatypeMismatch

from migrator.errors import RecipeRefused
from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.names import TableName
from migrator.pg.connection import Connection, connect, server_version
from migrator.recipes import load
from migrator.recipes.folder import write_folder
from migrator.schema.catalog import read_schema
from migrator.state.install import install
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.recipes.recipe_case import Case
from tests.recipes.test_live import backfill, dump, run
from tests.recipes.test_properties import through
from tests.recipes.test_public_shapes import TERMS, render

NUMBERS = """
CREATE SCHEMA migrator;
CREATE SCHEMA app;
CREATE TABLE app.log (id int PRIMARY KEY, level serial);
CREATE TABLE app.rooms (id int PRIMARY KEY DEFAULT nextval('app.log_level_seq'));
"""


@pytest.mark.parametrize("asked", [{"kind": "drop_table"}, {"kind": "drop_column", "column": "level"}])
def test_a_sequence_that_another_table_counts_by_does_not_go(one_connection: Connection, asked: dict[str, Any]) -> None:
    """The server refused at the last step of the contract, when the way back was gone."""
    run(one_connection, NUMBERS)
    with pytest.raises(RecipeRefused) as caught:
        render(one_connection, table="app.log", **asked)
    advice = "ALTER SEQUENCE app.log_level_seq OWNED BY app.rooms.id"
    assert advice in str(caught.value)
    run(one_connection, advice)
    for phase in ("expand", "contract"):
        run(one_connection, render(one_connection, table="app.log", **asked)[f"{phase}.sql"])


def test_a_table_without_any_key_gets_one(one_database: Database, tmp_path: Path) -> None:
    """Each recipe that fills rows asks for a key, and numbers are how rows get one."""
    setup = "CREATE TABLE log (line text); INSERT INTO log SELECT 'l' FROM generate_series(1, 500)"
    asked = TERMS | {"kind": "add_column", "table": "log", "column": "id", "type": "bigserial"}
    with connect(one_database.dsn) as connection:
        install(connection)
        run(connection, setup)
        with pytest.raises(RecipeRefused, match="migrator new add-column --type bigserial numbers the rows"):
            render(connection, kind="rename_column", table="log", **{"from": "line", "to": "text"})
        write_folder(tmp_path, "20260901_m", load(asked).render(read_schema(connection), "20260901_m", 18))
    shop = Shop(one_database.dsn, tmp_path)
    migration, engine = shop.migration("20260901_m"), shop.engine()
    for phase in (engine.expand, engine.abort, engine.expand, engine.migrate):
        phase(migration)
    with connect(one_database.dsn) as connection:
        assert connection.execute("SELECT count(DISTINCT id) AS n FROM log").fetchall() == [{"n": 500}]


PEOPLE = """
CREATE SCHEMA migrator;
CREATE TYPE addr AS (street text, zip text);
CREATE TABLE people (id int PRIMARY KEY, home addr, born date, size int);
INSERT INTO people SELECT g, ROW('s', NULL)::addr, '2000-01-01', g FROM generate_series(1, 9) g;
"""
MISFITS: dict[str, dict[str, Any]] = {
    "split": {
        "kind": "split_column",
        "from": "home",
        "into": {"street": "(home).street", "zip": "(home).zip"},
        "down": "ROW(street, zip)::public.addr",
    },
    "retype": {
        "kind": "change_column_type",
        "column": "size",
        "type": "date",
        "to": "day",
        "up": "size * 2",
        "down": "0",
    },
    "merge": {
        "kind": "merge_columns",
        "to": "word",
        "type": "text",
        "up": "born::text || size::text",
        "down": {"born": "length(word)", "size": "length(word)"},
    },
    "generate": {
        "kind": "add_generated_column",
        "column": "next",
        "type": "date",
        "expression": "size + 1",
        "stored": True,
    },
}


@pytest.mark.parametrize("name", MISFITS)
def test_an_expression_that_does_not_fit_its_column_stops_expand(
    one_database: Database, one_connection: Connection, name: str
) -> None:
    """Each write of old code failed in the trigger, and the backfill could not run."""
    run(one_connection, PEOPLE)
    before = dump(one_database)
    with pytest.raises(DatatypeMismatch, match="but expression is of type"):
        run(one_connection, render(one_connection, table="people", **MISFITS[name])["expand.sql"])
    one_connection.rollback()
    assert dump(one_database) == before


def test_a_composite_column_is_split_with_the_types_of_its_fields(one_connection: Connection) -> None:
    run(one_connection, PEOPLE)
    run(one_connection, "DROP SCHEMA migrator; DROP TABLE people; DROP TYPE addr")
    types = {"types": {"street": "text", "zip": "text"}}
    through(one_connection, PEOPLE.partition(";")[2], {"table": "public.people", **MISFITS["split"], **types})
    assert one_connection.execute("SELECT DISTINCT street, zip FROM people").fetchall() == [
        {"street": "s", "zip": None}
    ]


@pytest.mark.parametrize("by_check", [True, False])
def test_a_composite_column_is_not_null_only_without_a_check(one_connection: Connection, *, by_check: bool) -> None:
    """A CHECK refuses ROW('s', NULL), which NOT NULL accepts; and the server does not take it for a proof."""
    run(one_connection, PEOPLE)
    asked = {"kind": "set_not_null", "table": "people", "column": "home", "value": "ROW('', '')::public.addr"}
    if by_check:
        with pytest.raises(RecipeRefused, match="no CHECK proves to the server"):
            render(one_connection, **asked, by_check=True)
        return
    files = render(one_connection, **asked)
    assert 'where = "home::text IS NULL"' in files["migration.toml"]
    run(one_connection, files["migrate.sql"])
    with pytest.raises(RecipeRefused, match="no CHECK proves to the server"):
        render(one_connection, kind="rename_column", table="people", **{"from": "home", "to": "address"})


def test_the_way_back_to_a_plain_type_is_as_free_as_the_way_there(one_connection: Connection, tmp_path: Path) -> None:
    """Its suppression of a finding that is none was one itself."""
    run(one_connection, "CREATE DOMAIN euros AS numeric(12,2); CREATE TABLE t (id int PRIMARY KEY, amount euros)")
    schema = read_schema(one_connection)
    asked = TERMS | {"kind": "change_column_type", "table": "t", "column": "amount", "type": "numeric(12,2)"}
    files = load(asked).render(schema, "20260901_m", 18)
    write_folder(tmp_path, "20260901_m", files)
    assert lint(read_sources([tmp_path]), 18, past=History(None, schema)).findings == ()
    assert "nothing is rewritten or scanned" in files.files["abort.sql"]


def test_renamed_parts_include_the_sequence_of_an_identity(connection: Connection) -> None:
    base = "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n serial)"
    through(connection, base, {"kind": "rename_table", "table": "public.t", "to": "things", "rename_parts": True})
    [found] = connection.execute(
        "SELECT pg_get_serial_sequence('things', 'id') AS id, pg_get_serial_sequence('things', 'n') AS n"
    )
    assert found == {"id": "public.things_id_seq", "n": "public.things_n_seq"}
    connection.execute("INSERT INTO things DEFAULT VALUES")


def test_an_enum_becomes_text_with_its_checks_and_indexes(connection: Connection) -> None:
    """A constant of the old type in a copy would not compare with text: it failed in migrate, after the backfill."""
    base = """
    CREATE TYPE state AS ENUM ('new', 'done');
    CREATE TABLE t (id int PRIMARY KEY, a state NOT NULL DEFAULT 'new', CONSTRAINT ta CHECK (a <> 'done' OR id > 0));
    CREATE INDEX open_a ON t (id) WHERE a = 'new';
    INSERT INTO t SELECT g FROM generate_series(1, 9) g;
    """
    change = {"kind": "change_column_type", "table": "public.t", "column": "a", "type": "text", "to": "b"}
    through(connection, base, {**change, "up": "a::text", "down": "b::public.state"})
    table = read_schema(connection).tables[TableName("public", "t")]
    texts = [i.definition for i in table.indexes] + [c.definition for c in table.constraints]
    assert "'new'::text" in str(texts)
    assert "'done'::text" in str(texts)
    assert "state" not in str(texts)


def test_the_old_name_comes_back_with_the_new_type(one_connection: Connection) -> None:
    """As contract.sql says: by a rename of its own, with what hangs on the column."""
    base = """
    CREATE TABLE t (id int PRIMARY KEY, "a b" int NOT NULL DEFAULT 7 CHECK ("a b" > 0));
    CREATE INDEX ON t ("a b");
    INSERT INTO t SELECT g FROM generate_series(1, 9) g;
    """
    change = {"kind": "change_column_type", "table": "public.t", "column": "a b", "type": "bigint", "to": "b"}
    contract = " ".join(through(one_connection, base, change)["contract.sql"].replace("\n-- ", " ").split())
    assert "migrator new rename-column --table public.t --from b --to 'a b'." in contract
    back = TERMS | {"kind": "rename_column", "table": "public.t", "from": "b", "to": "a b"}
    schema = read_schema(one_connection)
    files = load(back).render(schema, "20260902_back", server_version(one_connection) // 10000)
    run(one_connection, files.files["expand.sql"])
    backfill(one_connection, Case("", back), files.files["migration.toml"])
    run(one_connection, files.files["migrate.sql"] + files.files["contract.sql"])
    table = read_schema(one_connection).tables[TableName("public", "t")]
    column = table.column("a b")
    assert column is not None
    assert (column.type, column.default, column.is_not_null) == ("bigint", "7", True)
    assert {index.columns for index in table.indexes} == {("id",), ("a b",)}
    assert table.column("b") is None


def test_old_code_of_another_role_goes_on_when_rows_are_numbered(
    one_database: Database, one_connection: Connection
) -> None:
    """The default asks who inserts for a right on the sequence, and the sequence must have the table's owner."""
    owner, client = (f"{name}_{one_database.name}" for name in ("owner", "client"))
    setup = f"""
    CREATE ROLE {owner}; CREATE ROLE {client};
    CREATE TABLE log (line text, at date);
    ALTER TABLE log OWNER TO {owner};
    GRANT INSERT (line) ON log TO {client};
    """
    run(one_connection, setup)
    before = dump(one_database)
    try:
        files = render(one_connection, kind="add_column", table="log", column="id", type="bigserial")
        run(one_connection, files["expand.sql"])
        run(one_connection, f"SET ROLE {client}; INSERT INTO log (line) VALUES ('x'); RESET ROLE")
        assert one_connection.execute("SELECT id FROM log").fetchall() == [{"id": 1}]
        run(one_connection, files["abort.sql"])
        assert dump(one_database) == before
    finally:
        run(one_connection, f"RESET ROLE; DROP TABLE log; DROP ROLE {owner}; DROP ROLE {client}")
