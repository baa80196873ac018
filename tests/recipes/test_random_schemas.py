"""Recipes on random schemas: each goes all the way as the server's own change would, goes back exactly, or refuses.

What the search has found is here too, each as the smallest schema that shows it.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from psycopg.errors import FeatureNotSupported

from migrator.errors import RecipeRefused
from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.pg.connection import Connection, connect
from migrator.recipes import load
from migrator.sandbox.cluster import Cluster
from migrator.schema.catalog import read_schema
from tests.fix_server import Database
from tests.gates.test_rendered_contracts import rendered
from tests.phases.looking import scalar
from tests.recipes.random_asks import asks
from tests.recipes.random_parts import draw
from tests.recipes.random_walk import Walk, built, roles_of
from tests.recipes.test_live import dump, run
from tests.recipes.test_properties import through
from tests.recipes.test_public_shapes import TERMS, render, walk


def _search(server: Cluster, seed: int, most: int, folder: Path) -> None:
    """Ask some of what can be asked of a seed's schema."""
    design = draw(seed, server.programs.major)
    with built(server, design) as schema:
        found = list(asks(schema.design))
        drawn = Random(seed).sample(found, min(most, len(found)))  # noqa: S311 the same for the same seed
        for number, ask in enumerate(drawn):
            walk_of = Walk(schema, ask, folder / str(number))
            walk_of.go()
            shown = ";\n".join(schema.kept)
            assert walk_of.problems == [], f"{shown}\n-- {dict(ask.arguments)}"


@pytest.fixture
def roles(server: Cluster) -> Iterator[None]:
    with roles_of(server):
        yield


@pytest.mark.parametrize("seed", [3, 8])
@pytest.mark.usefixtures("roles")
def test_a_recipe_on_a_random_schema(server: Cluster, seed: int, tmp_path: Path) -> None:
    _search(server, seed, 2, tmp_path)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(1000, 1100))
@pytest.mark.usefixtures("roles")
def test_recipes_on_random_schemas(server: Cluster, seed: int, tmp_path: Path) -> None:
    _search(server, seed, 4, tmp_path)


WHOLE_ROWS = """
CREATE TABLE kites (id int PRIMARY KEY, name varchar(20));
CREATE TABLE history (id int PRIMARY KEY, before kites, after kites[]);
INSERT INTO kites VALUES (1, 'a'), (2, NULL);
"""


def test_a_constant_default_beside_columns_of_whole_rows(connection: Connection) -> None:
    """The server stores no default for old rows then, not even a constant one."""
    run(connection, WHOLE_ROWS)
    with pytest.raises(FeatureNotSupported):
        run(connection, "ALTER TABLE kites ADD COLUMN color text DEFAULT 'red' NOT NULL")
    run(connection, "DROP TABLE history; DROP TABLE kites")
    added = {"column": "color", "type": "text", "default": "'red'", "not_null": True}
    through(connection, WHOLE_ROWS, {"kind": "add_column", "table": "public.kites", **added})
    assert scalar(connection, "SELECT string_agg(color, ' ') FROM kites") == "red red"


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "add_generated_column", "column": "next", "type": "int", "expression": "id + 1"},
        {"kind": "change_column_type", "column": "name", "type": "text"},
    ],
)
def test_what_the_server_does_not_do_beside_whole_rows_is_refused(
    one_connection: Connection, asked: dict[str, Any]
) -> None:
    """It was rendered, and failed in expand."""
    run(one_connection, WHOLE_ROWS)
    with pytest.raises(RecipeRefused, match=r"hold whole rows of .*public\.history\.before, public\.history\.after"):
        render(one_connection, table="kites", **asked)


def test_a_key_that_may_not_be_null_is_not_set_to_null(one_connection: Connection) -> None:
    """The manifest had a backfill of no column, which could not be read."""
    run(
        one_connection,
        "CREATE TABLE kites (id int PRIMARY KEY, line int NOT NULL); CREATE TABLE lines (id int PRIMARY KEY)",
    )
    asked = {"kind": "add_foreign_key", "table": "kites", "columns": ["line"], "references": "lines", "set_null": True}
    with pytest.raises(RecipeRefused, match=r"line of public\.kites is NOT NULL"):
        render(one_connection, **asked)


def test_old_code_gives_a_column_its_default_through_the_old_name(
    one_database: Database, one_connection: Connection, tmp_path: Path
) -> None:
    """A view without a default of its own made NULL of SET column = DEFAULT."""
    table = "CREATE TABLE kites (id serial PRIMARY KEY, line text NOT NULL DEFAULT 'nylon')"
    run(one_connection, f"{table}; INSERT INTO kites (line) VALUES ('silk')")
    files = render(one_connection, kind="rename_table", table="kites", to="dragons")
    run(one_connection, files["expand.sql"])
    run(one_connection, "UPDATE kites SET line = DEFAULT; INSERT INTO kites (id, line) VALUES (DEFAULT, DEFAULT)")
    assert scalar(one_connection, "SELECT string_agg(id || line, ' ' ORDER BY id) FROM dragons") == "1nylon 2nylon"
    run(one_connection, "DROP VIEW kites; DROP TABLE dragons")
    walk(one_database, tmp_path, table, kind="rename_table", table="kites", to="dragons")


def test_a_change_in_place_keeps_collation_and_storage(database: Database, connection: Connection) -> None:
    """The server gives a column of a new type the type's own, and builds its index again."""
    table = """
    CREATE SCHEMA migrator;
    CREATE TABLE kites (id int PRIMARY KEY, name varchar(20) COLLATE "C");
    ALTER TABLE kites ALTER name SET STORAGE EXTERNAL, ALTER name SET COMPRESSION pglz, ALTER name SET STATISTICS 7;
    CREATE INDEX by_name ON kites (name);
    """
    run(connection, table)
    before, built = dump(database), scalar(connection, "SELECT pg_relation_filenode('by_name')")
    files = render(connection, kind="change_column_type", table="kites", column="name", type="text")
    run(connection, files["expand.sql"])
    wider = before.replace("character varying(20)", "text")
    assert dump(database) == wider != before
    assert scalar(connection, "SELECT pg_relation_filenode('by_name')") == built
    run(connection, files["abort.sql"])
    assert dump(database) == before


TIED = {
    "function": "CREATE FUNCTION first() RETURNS kites LANGUAGE sql AS 'SELECT NULL::kites'",
    "column before of table": "CREATE TABLE history (before kites[])",
    "composite type": "CREATE TYPE pair AS (left_one kites, right_one kites)",
    "type": "CREATE DOMAIN kite AS kites",
    "policy": "CREATE POLICY own ON lines USING (EXISTS (SELECT FROM kites k WHERE k.id = lines.id))",
    "rule": "CREATE RULE noted AS ON INSERT TO lines DO ALSO INSERT INTO kites VALUES (NEW.id)",
}


@pytest.mark.parametrize("what", TIED)
def test_what_a_table_cannot_go_without_is_told_before(one_connection: Connection, what: str) -> None:
    """It was found out by the last step of the contract."""
    run(one_connection, f"CREATE TABLE kites (id int PRIMARY KEY); CREATE TABLE lines (id int); {TIED[what]}")
    with pytest.raises(RecipeRefused, match=rf"depend on public\.kites: .*\b{what}\b.* public\."):
        render(one_connection, kind="drop_table", table="kites")


def test_what_is_a_part_of_the_table_goes_with_it(one_connection: Connection) -> None:
    run(
        one_connection,
        """
        CREATE SCHEMA migrator;
        CREATE TABLE lines (id int);
        CREATE TABLE kites (id int PRIMARY KEY, up int REFERENCES kites, m int GENERATED ALWAYS AS (id) STORED);
        CREATE POLICY own ON kites USING (EXISTS (SELECT FROM lines l WHERE l.id = kites.id));
        CREATE RULE noted AS ON INSERT TO kites DO ALSO INSERT INTO lines VALUES (NEW.id);
        CREATE STATISTICS both_of ON id, up FROM kites;
        CREATE PUBLICATION sent FOR TABLE kites WHERE (id > 0);
        """,
    )
    files = render(one_connection, kind="drop_table", table="kites")
    run(one_connection, files["contract.sql"])
    assert scalar(one_connection, "SELECT to_regclass('kites')") is None


LINE = {"from": "line", "to": "cord"}
BETWEEN_TYPES = """
CREATE SCHEMA migrator;
CREATE DOMAIN code AS varchar(9);
CREATE TABLE lines (id bigint PRIMARY KEY, code text UNIQUE);
CREATE TABLE kites (id int PRIMARY KEY, line int REFERENCES lines, code code, cords varchar(9) REFERENCES lines (code));
"""


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "rename_column", "table": "kites", "from": "line", "to": "cord"},
        {"kind": "rename_column", "table": "kites", "from": "cords", "to": "ropes"},
        {"kind": "rename_column", "table": "lines", "from": "code", "to": "letter"},
        {
            "kind": "add_foreign_key",
            "table": "kites",
            "columns": ["code"],
            "references": "lines",
            "referenced": ["code"],
        },
    ],
)
def test_a_key_between_types_lints_clean(one_connection: Connection, tmp_path: Path, asked: dict[str, Any]) -> None:
    """One between lengths of a type is like any other; a copy of one that casts is no news."""
    run(one_connection, BETWEEN_TYPES)
    rendered(one_connection, load(TERMS | asked), tmp_path)
    schema = read_schema(one_connection)
    assert lint(read_sources([tmp_path]), 18, past=History(None, schema)).findings == ()
    for phase in ("expand", "migrate"):
        run(one_connection, (tmp_path / next(tmp_path.iterdir()).name / f"{phase}.sql").read_text())


def test_the_columns_that_a_key_empties_keep_their_quotes(database: Database, tmp_path: Path) -> None:
    """ON DELETE SET NULL (user) is no SQL, and was found out by migrate."""
    table = """
    CREATE TABLE lines (a int, b int, PRIMARY KEY (a, b));
    CREATE TABLE kites (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES lines ON DELETE SET NULL (b));
    """
    walk(database, tmp_path, table, kind="rename_column", table="kites", **{"from": "b", "to": "user"})
    with connect(database.dsn) as connection:
        found = "FROM pg_constraint WHERE contype = 'f' AND conrelid = 'kites'::regclass"
        key = scalar(connection, f"SELECT pg_get_constraintdef(oid) {found}")
        assert key == 'FOREIGN KEY (a, "user") REFERENCES lines(a, b) ON DELETE SET NULL ("user")'


def test_a_column_with_views_lints_clean(one_connection: Connection, tmp_path: Path) -> None:
    """Where views are replaced and none is made anew, the query of verify.sql needs no suppression."""
    run(
        one_connection,
        """
        CREATE SCHEMA migrator;
        CREATE TABLE kites (id int PRIMARY KEY, line text);
        CREATE VIEW "Lines" WITH (security_barrier) AS SELECT id, line FROM kites WHERE line IS NOT NULL;
        CREATE VIEW counted AS SELECT count(*) AS n FROM "Lines";
        """,
    )
    rendered(one_connection, load(TERMS | {"kind": "rename_column", "table": "kites", **LINE}), tmp_path)
    past = History(None, read_schema(one_connection))
    assert lint(read_sources([tmp_path]), 18, past=past).findings == ()


def test_a_column_with_the_name_of_its_table_is_no_whole_row(one_connection: Connection, tmp_path: Path) -> None:
    """Lint said that the view, made again without the column, still reads it."""
    run(one_connection, "CREATE SCHEMA migrator; CREATE TABLE line (id int PRIMARY KEY, line text, a int)")
    run(one_connection, "CREATE VIEW lines AS SELECT id, line, a FROM line")
    rendered(one_connection, load(TERMS | {"kind": "rename_column", "table": "line", "from": "a", "to": "b"}), tmp_path)
    past = History(None, read_schema(one_connection))
    assert lint(read_sources([tmp_path]), 18, past=past).findings == ()
