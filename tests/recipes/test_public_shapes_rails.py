"""Shapes of large Ruby and Python applications: what an operator meets who takes each recipe to each column."""

from pathlib import Path
from typing import Any

import pytest

from migrator.errors import RecipeRefused
from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.pg.connection import Connection, server_version
from migrator.recipes import load
from migrator.recipes.folder import write_folder
from migrator.schema.catalog import read_schema
from migrator.schema.dump import read_dump
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


SHIFTS = """
CREATE TABLE shifts (id int PRIMARY KEY, crew int, begins date, ends date);
ALTER TABLE shifts ADD CONSTRAINT one_at_a_time
    EXCLUDE USING gist (daterange(begins, ends, '[]') WITH &&) WHERE (crew IS NULL);
"""
OF_SHIFTS: dict[str, tuple[dict[str, Any], str]] = {
    "rename": ({"kind": "rename_column", "from": "crew", "to": "team"}, "The exclusion constraint one_at_a_time uses"),
    "retype": (
        {"kind": "change_column_type", "column": "begins", "type": "timestamp", "to": "starts"},
        "The exclusion constraint one_at_a_time uses",
    ),
    "drop": ({"kind": "drop_column", "column": "ends"}, "would go with ends: one_at_a_time"),
    "replace": ({"kind": "replace_index", "index": "one_at_a_time", "columns": ["begins"]}, "never built beside"),
}


@pytest.mark.parametrize("is_from_files", [True, False])
def test_an_exclusion_constraint_over_expressions_is_seen(one_connection: Connection, *, is_from_files: bool) -> None:
    """What its expressions and WHERE read is no column of it to the catalog: only the last gate noticed."""
    run(one_connection, SHIFTS)
    schema = read_dump(SHIFTS) if is_from_files else read_schema(one_connection)
    for asked, found in OF_SHIFTS.values():
        if not (is_from_files and asked["kind"] == "replace_index"):  # files tell the constraint, and not its index
            with pytest.raises(RecipeRefused, match=found):
                load(TERMS | {"table": "public.shifts"} | asked).render(schema, "m", 17)


PAGES = """
CREATE TABLE pages (id int PRIMARY KEY, body text, words tsvector);
CREATE TRIGGER words BEFORE INSERT OR UPDATE ON pages
    FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger('words', 'pg_catalog.english', 'body');
"""
BY_INDEX = """
DROP TRIGGER words ON pages;
CREATE INDEX pages_words ON pages USING gin (to_tsvector('english'::regconfig, body));
"""


def test_a_text_search_trigger_would_miss_what_new_code_writes(one_connection: Connection) -> None:
    """Rows of new code were found by their old words, or by none, and nothing said so before the contract."""
    run(one_connection, PAGES)
    renamed = TERMS | {"kind": "rename_column", "table": "pages", "from": "body", "to": "content"}
    dropped = TERMS | {"kind": "drop_column", "table": "pages", "column": "body"}
    version = server_version(one_connection) // 10000
    for asked, found in ((renamed, r"text search words\..*Search by an index"), (dropped, r"each write would fail")):
        with pytest.raises(RecipeRefused, match=found):
            load(asked).render(read_schema(one_connection), "m", version)
    run(one_connection, BY_INDEX)
    assert "pages_words_content" in load(renamed).render(read_schema(one_connection), "m", version).files["migrate.sql"]
