"""Every recipe about objects on names that must be quoted, are as long as the server allows, and look like each other.

A partitioned table in a schema of its own: a name that is cut would meet its neighbour, a name that is not quoted would
mean another table.
"""

from pathlib import Path
from typing import Any

import pytest

from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.names import TableName, quote
from migrator.pg.connection import Connection
from migrator.recipes.folder import write_folder
from migrator.schema.catalog import read_schema
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from tests.fix_server import Database
from tests.recipes.recipe_case import Case
from tests.recipes.test_live import IRREVERSIBLE, abort, backfill, build, dump, render, run, verify

_STEM = 'Größe "of" select, É' * 3
TABLE = TableName('My "App".x', f"{_STEM.encode()[:61].decode(errors='ignore')}")
LOW, LONGER = f"{'c' * 62}1", f"{'C' * 62}1"
"""Two columns that only their case tells apart."""
OLD = 'old "one"'
FIRST, SECOND = (TableName(TABLE.schema, f"{'p' * 61} {number}") for number in (1, 2))
BASE = f"""
CREATE SCHEMA {quote(TABLE.schema)};
CREATE TABLE {TableName(TABLE.schema, "Other")} ("Id" integer PRIMARY KEY);
CREATE TYPE {TableName(TABLE.schema, "Mood's")} AS ENUM ('it''s');
CREATE TABLE {TABLE} (
    "Id" integer, {LOW} integer, {quote(LONGER)} integer NOT NULL, "select" text,
    PRIMARY KEY ("Id")
) PARTITION BY RANGE ("Id");
CREATE TABLE {FIRST} PARTITION OF {TABLE} FOR VALUES FROM (0) TO (100);
CREATE TABLE {SECOND} PARTITION OF {TABLE} DEFAULT;
CREATE INDEX {quote(OLD)} ON {TABLE} ({quote(LONGER)});
"""
ROWS = (
    f"INSERT INTO {TableName(TABLE.schema, 'Other')} SELECT generate_series(1, 5)",
    f"INSERT INTO {TABLE} SELECT g * 9, g % 5 + 1, g, nullif('t' || g, 't3') FROM generate_series(1, 30) g",
)
OTHER, MOOD = str(TableName(TABLE.schema, "Other")), str(TableName(TABLE.schema, "Mood's"))
_SUM = f"{LOW} + {quote(LONGER)}"
ASKED: dict[str, dict[str, Any]] = {
    "add_foreign_key": {"columns": [LOW], "references": OTHER, "on_delete": "set null"},
    "add_unique": {"columns": ["Id", LONGER]},
    "add_check": {"check": f'{quote(LONGER)} > 0 AND "select" <> \'"\''},
    "create_index": {"columns": [quote(LONGER), 'lower("select")'], "where": f"{LOW} > 1"},
    "replace_index": {"index": OLD, "columns": [quote(LONGER), LOW], "keep_name": True},
    "rename_table": {"to": 'new "name" of 63 bytes'.ljust(63, "x"), "rename_parts": True},
    "drop_table": {"soft": True},
    "add_enum_value": {"type": MOOD, "value": 'I\'m "new"', "after": "it's"},
    "add_generated_column": {"column": "Sum's", "type": "int", "expression": _SUM, "stored": True},
    "set_not_null": {"column": "select", "value": "'it''s'"},
    "drop_column": {"column": LONGER},
    "add_column": {"column": 'No "1"', "type": "bigint", "identity": True},
}


def case_of(kind: str) -> Case:
    target = {} if kind == "add_enum_value" else {"table": str(TABLE)}
    return Case(BASE, {"kind": kind, **target, **ASKED[kind]}, ROWS)


@pytest.mark.parametrize("kind", ASKED)
def test_through_all_phases(one_connection: Connection, tmp_path: Path, kind: str) -> None:
    connection, case = one_connection, case_of(kind)
    if kind == "drop_column":
        case.arguments["also_drop"] = [OLD]
    build(connection, case)
    files = render(connection, case)
    known = History(None, read_schema(connection))
    write_folder(tmp_path, case.migration, case.recipe.render(read_schema(connection), case.migration, 18))
    report = lint(read_sources([tmp_path]), 18, past=known)
    assert report.findings == ()
    run(connection, files["expand.sql"])
    backfill(connection, case, files["migration.toml"])
    run(connection, files.get("migrate.sql", ""))
    verify(connection, files)
    run(connection, files.get("contract.sql", ""))
    assert (TABLE in read_schema(connection).tables) == (kind not in ("drop_table", "rename_table"))


@pytest.mark.parametrize("kind", [kind for kind in ASKED if kind not in IRREVERSIBLE])
def test_and_back(one_database: Database, one_connection: Connection, kind: str) -> None:
    connection, case = one_connection, case_of(kind)
    build(connection, case)
    before = dump(one_database)
    files = render(connection, case)
    run(connection, files["expand.sql"])
    backfill(connection, case, files["migration.toml"])
    run(connection, files.get("migrate.sql", ""))
    abort(connection, files["abort.sql"])
    assert dump(one_database) == before


@pytest.mark.parametrize("kind", ASKED)
def test_files_and_server_lead_to_the_same_text(one_connection: Connection, kind: str) -> None:
    """Names of 63 bytes and quoted ones mean the same to the replay."""
    case = case_of(kind)
    build(one_connection, case)
    replayed = case.recipe.render(replay(parse_sql(case.base).statements), case.migration, 18).files
    for name, text in render(one_connection, case).items():
        assert [s.text for s in parse_sql(text).statements] == [s.text for s in parse_sql(replayed[name]).statements]
