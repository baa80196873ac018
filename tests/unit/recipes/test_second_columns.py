"""What the recipes with a second column refuse, and how they read the expressions that a person gives."""

from dataclasses import replace
from typing import Any

import pytest

from migrator.errors import RecipeRefused
from migrator.names import TableName
from migrator.recipes import load
from migrator.recipes.formula import Formula, read_formula
from migrator.recipes.type_pairs import is_lossless
from migrator.schema.model import Column, Index, Schema
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql

TABLES = """
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'happy');
CREATE TABLE users (
    id integer PRIMARY KEY, code varchar(10) CHECK (code <> ''), plain varchar(10), indexed varchar(10),
    shown varchar(10), amount text, at timestamp, mood app.mood NOT NULL, other app.mood, full_name text, city text,
    first text, last text, big bigint UNIQUE, age int, ref varchar(10) UNIQUE);
CREATE INDEX users_indexed ON users (lower(indexed));
CREATE INDEX users_city_name ON users (city, full_name);
CREATE INDEX users_moody ON users (id) WHERE other = 'sad';
CREATE VIEW seen AS SELECT shown, age FROM users;
CREATE TABLE orders (id bigint PRIMARY KEY, user_ref varchar(10) REFERENCES users (ref));
CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE watched (id int PRIMARY KEY, x text);
CREATE VIEW watching AS SELECT id FROM watched;
CREATE TABLE parts (id int, at date, kind text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE FUNCTION app.tidy(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION lower(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
"""
SCHEMA = replay(parse_sql(TABLES).statements)
CHANGE = {"kind": "change_column_type"}
SPLIT = {"kind": "split_column", "from": "first", "down": "concat(a, b)"}
MERGE = {"kind": "merge_columns", "to": "whole", "up": "concat(first, last)"}
DOWN = {"first": "whole", "last": "whole"}
WIDE = {"kind": "primary_key_to_bigint"}
RENAME_LABEL = {"kind": "rename_enum_value", "column": "mood", "to": "feeling"}
REMOVE = {"kind": "remove_enum_value", "column": "mood", "to": "feeling"}


def refusal(arguments: dict[str, Any], schema: Schema = SCHEMA, version: int = 17) -> str:
    with pytest.raises(RecipeRefused) as caught:
        load({"contract_by": "2026-12-15", "table": "users", **arguments}).render(schema, "20260901_x", version)
    assert caught.value.todo
    return caught.value.situation


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (CHANGE | {"column": "age", "type": "int"}, "is integer already"),
        (CHANGE | {"column": "age", "type": "nope nope"}, "not"),
        (CHANGE | {"column": "age", "type": "bigint"}, "the server writes the whole table again"),
        (CHANGE | {"column": "plain", "type": "varchar(5)"}, "the server writes the whole table again"),
        (CHANGE | {"column": "code", "type": "text"}, "the check users_code_check would be tested again"),
        (CHANGE | {"column": "indexed", "type": "text"}, "the index users_indexed would be built again"),
        (CHANGE | {"column": "ref", "type": "text"}, "the foreign key orders_user_ref_fkey"),
        (CHANGE | {"column": "shown", "type": "text"}, "view public.seen"),
        (CHANGE | {"column": "at", "type": "timestamptz"}, "the server writes the whole table again"),
        (CHANGE | {"column": "at", "type": "timestamptz", "to": "z"}, "may not survive"),
        (CHANGE | {"column": "amount", "type": "int", "to": "z"}, "may not survive"),
        (CHANGE | {"column": "amount", "type": "int", "to": "z", "up": "amount::int"}, "may not survive"),
        (CHANGE | {"column": "age", "type": "bigint", "to": "id"}, "already has a column 'id'"),
        (CHANGE | {"column": "id", "type": "bigint", "to": "z"}, "part of the primary key"),
        (CHANGE | {"table": "parts", "column": "at", "type": "timestamp", "to": "z"}, "partition key"),
        (SPLIT | {"into": {"a": "first"}}, "fewer than two"),
        (SPLIT | {"into": {"a": "first", "id": "first"}}, "already has a column 'id'"),
        (SPLIT | {"into": {"a": "first", "b": "last"}}, "reads last, but may read only first"),
        (SPLIT | {"into": {"a": "first", "b": "first"}, "types": {"c": "int"}}, "types names c"),
        (SPLIT | {"into": {"a": "first", "b": "first"}, "down": "concat(a, b"}, "not an SQL expression"),
        (SPLIT | {"from": "full_name", "into": {"a": "full_name", "b": "full_name"}}, "users_city_name"),
        (MERGE, "Fewer than two"),
        (MERGE | {"down": DOWN, "to": "id"}, "already has a column"),
        (MERGE | {"down": DOWN, "up": "concat(first, last, city)"}, "reads city"),
        (MERGE | {"down": DOWN | {"nope": "whole"}}, "has no column 'nope'"),
        (WIDE | {"table": "orders"}, "is bigint, not an integer"),
        (WIDE | {"table": "pairs"}, "its primary key is a, b"),
        (WIDE | {"table": "users", "column": "age"}, "is not clear"),
        (WIDE | {"table": "watched"}, "view public.watching"),
        (RENAME_LABEL | {"value": "angry", "new_value": "x"}, "has no label 'angry'"),
        (RENAME_LABEL | {"value": "sad", "new_value": "happy"}, "already a label 'happy'"),
        (RENAME_LABEL | {"column": "age", "value": "sad", "new_value": "x"}, "of which no labels are known"),
        (REMOVE | {"value": "sad"}, "is NOT NULL, and rows may hold 'sad'"),
        (REMOVE | {"value": "sad", "instead": "x"}, "has no label 'x'"),
        (REMOVE | {"value": "sad", "instead": "sad"}, "cannot stand in for itself"),
        (REMOVE | {"value": "sad", "column": "other"}, "names the label that goes"),
    ],
)
def test_refuses(arguments: dict[str, Any], words: str) -> None:
    assert words in refusal(arguments)


RENAME = {"kind": "rename_column", "from": "x", "to": "z", "table": "watched"}


def test_a_trigger_behind_every_name_of_ours_is_refused() -> None:
    name = TableName("public", "watched")
    table = replace(SCHEMA.tables[name], triggers=("a", "~~late"))
    assert "~~late of public.watched would fire after ours" in refusal(RENAME, Schema({name: table}))


def test_an_own_index_of_a_partition_is_refused() -> None:
    name = TableName("public", "part")
    own = Index("part_kind", name, ("kind",), "CREATE INDEX part_kind ON public.part (kind)", columns=("kind",))
    tables = {**SCHEMA.tables, name: replace(SCHEMA.tables[name], indexes=(own,))}
    arguments = RENAME | {"table": "parts", "from": "kind"}
    assert "part_kind" in refusal(arguments, Schema(tables, is_complete=True))
    assert "before 13" in refusal(arguments, version=12)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("integer", "bigint", True),
        ("bigint", "integer", False),
        ("integer", "numeric", True),
        ("integer", "numeric(3)", False),
        ("bigint", "double precision", False),
        ("numeric(10,2)", "numeric(12,4)", True),
        ("numeric(10,2)", "numeric(11,4)", False),
        ("numeric(10,2)", "numeric", True),
        ("numeric", "numeric(10,2)", False),
        ("character varying(10)", "text", True),
        ("text", "character varying(10)", False),
        ("text[]", "character varying[]", False),
        ("timestamp(3) without time zone", "timestamp without time zone", True),
        ("json", "jsonb", False),
    ],
)
def test_lossless_pairs(old: str, new: str, *, expected: bool) -> None:
    assert is_lossless(old, new) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("first", "NEW.first"),
        ("\"first\" || ' first'", "NEW.first || ' first'"),
        ("first::text = 'column_0_of_row_'", "NEW.first::text = 'column_0_of_row_'"),
        ("coalesce(last, first)", "COALESCE(NEW.last, NEW.first)"),
        ("tidy(first)", "app.tidy(NEW.first)"),
        ("first::mood", "NEW.first::app.mood"),
    ],
)
def test_an_expression_over_a_row(text: str, expected: str) -> None:
    assert read_formula(SCHEMA, "up", text, ["first", "last"]).over("NEW") == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lower(first)", "the function lower, which may be one of public.lower, pg_catalog.lower"),
        ("first::citext", "the type citext, which is not the server's own"),
        ("(SELECT 1)", "reads more than one row"),
        ("count(*)", "reads more than one row"),
        ("users.first", "names a column with its table"),
        ("$1", "a parameter"),
        ("first, last", "not an SQL expression"),
    ],
)
def test_an_expression_that_a_trigger_could_not_run(text: str, words: str) -> None:
    with pytest.raises(RecipeRefused, match=r".") as caught:
        read_formula(SCHEMA, "up", text, ["first", "last"])
    assert words in caught.value.situation


def test_a_column_with_an_awkward_name_is_put_in_whole() -> None:
    formula = read_formula(SCHEMA, "up", "\"E-Mail\" || 'E-Mail'", ["E-Mail"])
    assert formula.over("NEW") == "NEW.\"E-Mail\" || 'E-Mail'"
    assert Formula.of_column("E-Mail").over("OLD") == 'OLD."E-Mail"'


def test_a_time_zone_makes_timestamps_free_or_translated() -> None:
    arguments = {"table": "users", "column": "at", "type": "timestamptz", "contract_by": "2026-12-15", **CHANGE}
    free = load(arguments | {"time_zone": "UTC"}).render(SCHEMA, "20260901_x", 17).files
    assert set(free) == {"migration.toml", "expand.sql", "abort.sql"}
    assert "SET LOCAL TimeZone = 'UTC'" in free["expand.sql"]
    through = load(arguments | {"time_zone": "Europe/Berlin", "to": "z"}).render(SCHEMA, "20260901_x", 17).files
    assert "NEW.at AT TIME ZONE 'Europe/Berlin'" in through["expand.sql"]


def test_columns_are_what_the_model_says() -> None:
    assert SCHEMA.tables[TableName("public", "users")].column("mood") == Column("mood", "app.mood", is_not_null=True)
