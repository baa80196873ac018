"""What recipes refuse, and that they say what stands in the way and what to do."""

from typing import Any

import pytest

from migrator.errors import InputError, RecipeRefused
from migrator.names import TableName
from migrator.recipes import load
from migrator.schema.model import Dependent, Schema
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql

TABLES = """
CREATE TABLE users (
    id bigint PRIMARY KEY, email text UNIQUE, number int GENERATED ALWAYS AS IDENTITY, a int CHECK (a IS NOT NULL),
    upper text GENERATED ALWAYS AS (upper(email)) STORED, b int, c int, d int, e int, f int, ref text UNIQUE,
    CHECK (b > c), EXCLUDE USING gist (d WITH =));
CREATE TABLE orders (id int, user_ref text REFERENCES users (ref));
CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE base (id int, x int);
CREATE TABLE child (y int) INHERITS (base);
CREATE TABLE copied AS SELECT 1 AS x;
CREATE TABLE heap (x int, y int NOT NULL, z int);
CREATE UNIQUE INDEX heap_x ON heap (x);
CREATE UNIQUE INDEX heap_y ON heap (y) WHERE y > 0;
CREATE INDEX users_b_c ON users (b, c);
CREATE INDEX users_e ON users (e);
CREATE VIEW shown AS SELECT e FROM users;
CREATE MATERIALIZED VIEW kept AS SELECT f FROM users;
CREATE PUBLICATION pub FOR TABLE users (id, c);
CREATE POLICY mine ON users USING (c > 0);
"""
SCHEMA = replay(parse_sql(TABLES).statements)
LONG = "x" * 64


def refusal(schema: Schema = SCHEMA, **arguments: Any) -> RecipeRefused:
    terms = {"contract_by": "2026-12-15", "kind": "rename_column", "table": "users"}
    recipe = load(terms | {key.removesuffix("_"): value for key, value in arguments.items()})
    with pytest.raises(RecipeRefused) as caught:
        recipe.render(schema, "20260901_x", 17)
    assert caught.value.todo
    return caught.value


@pytest.mark.parametrize(
    ("table", "source", "to", "words"),
    [
        ("unknown", "a", "z", "no table public.unknown in the migrations folder"),
        ("users", "nope", "z", "has no column 'nope' (it has: id, email"),
        ("users", "email", "a", "already has a column 'a'"),
        ("users", "email", "ctid", "system column"),
        ("users", "email", "", "no usable name"),
        ("users", "email", LONG, "longer than 63 bytes"),
        ("users", "email", "é" * 32, "longer than 63 bytes"),
        ("users", "id", "z", "part of the primary key"),
        ("users", "number", "z", "an identity column"),
        ("users", "upper", "z", "a generated column"),
        ("users", "d", "z", "exclusion constraint"),
        ("users", "f", "z", "materialized view public.kept"),
        ("users", "c", "z", "publication pub"),
        ("users", "c", "z", "policy mine"),
        ("parts", "at", "z", "part of the partition key"),
        ("part", "at", "z", "inherits from"),
        ("base", "x", "z", "Other tables inherit from public.base: public.child"),
        ("heap", "z", "w", "no primary key and no unique index over NOT NULL columns"),
        ("copied", "x", "z", "does not tell all columns of public.copied"),
    ],
)
def test_rename_refuses(table: str, source: str, to: str, words: str) -> None:
    assert words in refusal(table=table, from_=source, to=to).situation


def test_a_unique_index_over_not_null_columns_is_a_key() -> None:
    schema = replay(
        parse_sql("CREATE TABLE users (id int, k int NOT NULL); CREATE UNIQUE INDEX u ON users (k)").statements
    )
    recipe = load({"kind": "rename_column", "table": "users", "from": "id", "to": "z", "contract_by": "2026-12-15"})
    assert "ADD COLUMN z" in recipe.render(schema, "20260901_x", 17).files["expand.sql"]


def test_a_server_that_has_no_such_table_is_not_asked_again() -> None:
    error = refusal(Schema(is_complete=True), from_="a", to="b")
    assert error.situation == "There is no table public.users in the database."
    assert "--dsn" not in error.todo


def test_a_dependent_of_unknown_columns_is_named() -> None:
    dependent = Dependent("view", "public.far", TableName("public", "users"), None)
    schema = Schema(SCHEMA.tables, (dependent,))
    assert "view public.far (may use it)" in refusal(schema, from_="b", to="z").situation


def test_a_contract_needs_a_deadline() -> None:
    recipe = load({"kind": "rename_column", "table": "users", "from": "email", "to": "mail"})
    schema = replay(parse_sql("CREATE TABLE users (id int PRIMARY KEY, email text);").statements)
    with pytest.raises(RecipeRefused, match="deadline"):
        recipe.render(schema, "20260901_x", 17)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "add_column", "column": "z", "type": "int", "not_null": True}, "without a default"),
        ({"kind": "add_column", "column": "z", "type": "serial", "default": "1"}, "a default and numbers"),
        ({"kind": "add_column", "column": "z", "type": "text", "identity": True}, "text cannot be numbered"),
        ({"kind": "add_column", "column": "z", "type": "int; DROP TABLE users"}, "is not"),
        ({"kind": "add_column", "column": "z", "type": "int NOT NULL"}, "is not"),
        ({"kind": "add_column", "column": "z", "type": "int", "default": "1) --"}, "is not an SQL expression"),
        ({"kind": "add_column", "column": "email", "type": "int"}, "already has a column"),
        ({"kind": "create_index", "columns": ["nope"]}, "has no column 'nope'"),
        ({"kind": "create_index", "columns": ["lower(nope)"]}, "has no column 'nope'"),
        ({"kind": "create_index", "columns": ["a"], "where": "nope > 1"}, "has no column 'nope'"),
        ({"kind": "create_index", "columns": ["a); DROP TABLE users; --"]}, "cannot be indexed"),
        ({"kind": "create_index", "columns": ["a"], "name": "users_e"}, "is taken (an index of public.users)"),
        ({"kind": "create_index", "columns": ["a"], "name": LONG}, "longer than 63 bytes"),
        ({"kind": "set_not_null", "column": "id"}, "NOT NULL already"),
        ({"kind": "set_not_null", "column": "a", "value": "1, 2"}, "is not an SQL expression"),
        ({"kind": "drop_column", "column": "b"}, "users_b_c, users_check"),
        ({"kind": "drop_column", "column": "a"}, "The check users_a_check may refuse rows"),
        ({"kind": "drop_column", "column": "id"}, "primary key"),
        ({"kind": "drop_column", "column": "e"}, "view public.shown"),
    ],
)
def test_other_recipes_refuse(arguments: dict[str, Any], words: str) -> None:
    assert words in refusal(**arguments).situation


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "There is no recipe None"),
        ({"kind": "recipe"}, "There is no recipe 'recipe'"),
        ({"kind": "drop_column", "table": "users"}, "column: Field required"),
        ({"kind": "drop_column", "table": "users", "column": "a", "colour": "red"}, "colour: unknown key"),
        ({"kind": "drop_column", "table": "a.b.c", "column": "a"}, "not a table name"),
        ({"kind": "drop_column", "table": "users", "column": "a", "soak": "3"}, "is not a duration"),
    ],
)
def test_arguments_that_cannot_be_read(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        load(arguments)
    assert words in caught.value.situation


def test_native_not_null_from_18_on() -> None:
    native = load({"kind": "set_not_null", "table": "users", "column": "email"})
    text = native.render(SCHEMA, "m", 18).files["migrate.sql"]
    assert "ADD CONSTRAINT users_email_not_null NOT NULL email NOT VALID;" in text
    assert "CHECK" not in text
    by_check = load({"kind": "set_not_null", "table": "users", "column": "email", "by_check": True})
    assert "CHECK (email IS NOT NULL) NOT VALID" in by_check.render(SCHEMA, "m", 18).files["migrate.sql"]
    assert "CHECK (email IS NOT NULL) NOT VALID" in native.render(SCHEMA, "m", 17).files["migrate.sql"]


def test_shared_objects_go_when_they_are_named() -> None:
    recipe = load(
        {"kind": "drop_column", "table": "users", "column": "b", "also_drop": ["users_b_c", "users_check"]}
        | {"contract_by": "2026-12-15"}
    )
    text = recipe.render(SCHEMA, "m", 17).files["contract.sql"]
    assert "DROP INDEX CONCURRENTLY public.users_b_c;" in text
    assert "DROP CONSTRAINT users_check;" in text
