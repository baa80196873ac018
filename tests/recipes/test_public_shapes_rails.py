"""Shapes of large Ruby and Python applications: what an operator meets who takes each recipe to each column."""

from pathlib import Path

from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.pg.connection import Connection, server_version
from migrator.recipes import load
from migrator.recipes.folder import write_folder
from migrator.schema.catalog import read_schema
from tests.recipes.test_live import run
from tests.recipes.test_properties import through
from tests.recipes.test_public_shapes import TERMS

TEAMS = """
CREATE TABLE teams (id int PRIMARY KEY, label text, parent_id int REFERENCES teams);
CREATE TABLE members (id int PRIMARY KEY, team_id int REFERENCES teams);
INSERT INTO teams SELECT i, 'team ' || i FROM generate_series(1, 20) i;
"""


def test_a_column_may_be_doubled(one_connection: Connection) -> None:
    """Each of the two is a plain copy, and the recipe looked for a partner of each: a bug in the user's words."""
    asked = {"kind": "split_column", "table": "public.teams", "from": "label", "down": "badge"}
    through(one_connection, TEAMS, asked | {"into": {"badge": "label", "title": "label"}})
    assert one_connection.execute("SELECT count(*) AS n FROM teams WHERE badge = title").fetchall() == [{"n": 20}]


def test_a_second_key_over_referred_columns_may_go_again(one_connection: Connection, tmp_path: Path) -> None:
    """The foreign keys hang on the primary key; lint said that the server would refuse the abort."""
    run(one_connection, "CREATE SCHEMA IF NOT EXISTS migrator;" + TEAMS)
    schema, version = read_schema(one_connection), server_version(one_connection) // 10000
    rendering = load(TERMS | {"kind": "add_unique", "table": "teams", "columns": ["id"]}).render(schema, "m", version)
    write_folder(tmp_path, "m", rendering)
    assert lint(read_sources([tmp_path]), version, past=History(None, schema)).findings == ()
    run(one_connection, rendering.files["migrate.sql"] + "ALTER TABLE public.teams DROP CONSTRAINT teams_id_key;")
