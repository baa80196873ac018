"""What the recipes about constraints, indexes, tables and enums refuse, and that they say what to do."""

from dataclasses import replace
from typing import Any

import pytest

from migrator.errors import RecipeRefused
from migrator.names import TableName
from migrator.recipes import load
from migrator.schema.model import Schema
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql

TABLES = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE users (id bigint PRIMARY KEY, email text, code text UNIQUE DEFERRABLE, a int NOT NULL, b int, c int);
CREATE TABLE orders (id int, user_id bigint NOT NULL, other int, code text, g int GENERATED ALWAYS AS (other) STORED);
CREATE UNIQUE INDEX users_b ON users (b);
CREATE INDEX users_c ON users (c);
CREATE TABLE refers (id int, b int REFERENCES users (b));
CREATE TABLE keyless (id int);
CREATE TABLE parts (id int, at date, kind text) PARTITION BY RANGE (at);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (kind);
CREATE TABLE leaf PARTITION OF part DEFAULT;
CREATE INDEX parts_id ON parts (id);
CREATE INDEX leaf_id ON leaf (id);
ALTER INDEX parts_id ATTACH PARTITION leaf_id;
CREATE TABLE secret (id int PRIMARY KEY, owner text);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secret USING (owner = current_user);
CREATE VIEW shown AS SELECT email FROM users;
CREATE VIEW shown_again AS SELECT * FROM shown;
CREATE STATISTICS st ON a, b FROM users;
CREATE PUBLICATION pub FOR TABLE users;
CREATE FUNCTION users_total_generated() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
"""
SCHEMA = replay(parse_sql(TABLES).statements)
LONG = "x" * 64


def refusal(version: int = 17, schema: Schema = SCHEMA, /, **arguments: Any) -> RecipeRefused:
    terms = {"contract_by": "2026-12-15"}
    if arguments["kind"] != "add_enum_value":
        terms["table"] = "users"
    with pytest.raises(RecipeRefused) as caught:
        load(terms | arguments).render(schema, "20260901_x", version)
    assert caught.value.todo
    return caught.value


KEY = {"kind": "add_foreign_key", "table": "orders", "columns": ["user_id"], "references": "users"}
UNIQUE: dict[str, Any] = {"kind": "add_unique", "columns": ["email"]}
CHECK = {"kind": "add_check", "check": "a > 0"}
ENUM: dict[str, Any] = {"kind": "add_enum_value", "type": "mood", "value": "new"}
GENERATED: dict[str, Any] = {"kind": "add_generated_column", "column": "total", "type": "int", "expression": "a + b"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (KEY | {"columns": ["nope"]}, "has no column 'nope'"),
        (KEY | {"references": "nope"}, "no table public.nope"),
        (KEY | {"references": "keyless"}, "public.keyless has no primary key to refer to"),
        (KEY | {"columns": ["user_id", "other"]}, "has 1 columns (id), not 2"),
        (KEY | {"referenced": ["a"], "columns": ["other"]}, "No unique index of public.users holds exactly (a)"),
        (KEY | {"referenced": ["code"], "columns": ["code"]}, "No unique index of public.users holds exactly (code)"),
        (KEY | {"columns": ["other"]}, "public.orders.other is integer, but public.users.id is bigint"),
        (KEY | {"on_delete": "set null"}, "public.orders.user_id is NOT NULL"),
        (KEY | {"columns": ["g"], "referenced": ["b"], "on_update": "cascade"}, "is generated, and no action"),
        (KEY | {"set_null": True}, "cannot be filled in batches"),
        (KEY | {"name": LONG}, "longer than 63 bytes"),
        (UNIQUE | {"columns": ["nope"]}, "has no column 'nope'"),
        (UNIQUE | {"name": "users_c"}, "The name public.users_c is taken (an index of public.users)"),
        (UNIQUE | {"name": "orders"}, "The name public.orders is taken (a table or view)"),
        (UNIQUE | {"name": "users_code_key"}, "already has a constraint 'users_code_key'"),
        (UNIQUE | {"table": "parts", "columns": ["id"]}, "public.parts is partitioned by at"),
        (UNIQUE | {"table": "parts", "columns": ["id", "at"]}, "public.part is partitioned by kind"),
        (CHECK | {"check": "nope > 0"}, "has no column 'nope'"),
        (CHECK | {"check": "a > 0; DROP TABLE users"}, "is not an SQL expression"),
        (CHECK | {"check": "a IN (SELECT 1)"}, "cannot hold a query"),
        (CHECK | {"replaces": "users_pkey"}, "has no CHECK 'users_pkey'"),
        (CHECK | {"set": {"a": "1"}, "table": "keyless", "check": "id > 0"}, "cannot be filled in batches"),
        ({"kind": "replace_index", "index": "nope", "columns": ["a"]}, "has no index 'nope' (it has: users_b"),
        ({"kind": "replace_index", "index": "users_pkey", "columns": ["a"]}, "belongs to the constraint users_pkey"),
        ({"kind": "replace_index", "index": "users_b", "columns": ["a"]}, "foreign key refers_b_fkey needs users_b"),
        ({"kind": "replace_index", "table": "leaf", "index": "leaf_id", "columns": ["kind"]}, "is a part of an index"),
        ({"kind": "rename_table", "to": "orders"}, "public.orders is taken"),
        ({"kind": "rename_table", "to": "shown"}, "public.shown is taken"),
        ({"kind": "rename_table", "to": LONG}, "longer than 63 bytes"),
        ({"kind": "rename_table", "to": "people"}, "The publication pub sends public.users"),
        ({"kind": "drop_table"}, "foreign key refers_b_fkey of public.refers, view public.shown"),
        ({"kind": "drop_table", "also_drop": ["refers_b_fkey", "shown"]}, "view public.shown_again"),
        ({"kind": "drop_table", "table": "part"}, "is a partition of) public.parts"),
        (ENUM | {"type": "nope"}, "There is no enum public.nope in the migrations folder"),
        (ENUM | {"value": "sad"}, "has the label 'sad' already"),
        (ENUM | {"value": ""}, "is empty"),
        (ENUM | {"value": LONG}, "longer than 63 bytes"),
        (ENUM | {"before": "nope"}, "has no label 'nope' (it has: sad, happy)"),
        (ENUM | {"before": "sad", "after": "sad"}, "Both --before and --after"),
        (GENERATED, "PostgreSQL 17 has no VIRTUAL generated column"),
        (GENERATED | {"expression": "1"}, "reads no column"),
        (GENERATED | {"expression": "nope + 1"}, "reads nope"),
        (GENERATED | {"table": "orders", "expression": "g + 1"}, "reads g"),
        (GENERATED | {"type": "int NOT NULL"}, "is not"),
        (GENERATED | {"stored": True}, "There is a function public.users_total_generated already"),
        (GENERATED | {"stored": True, "table": "keyless", "expression": "id"}, "cannot be filled in batches"),
        ({"kind": "drop_column", "table": "parts", "column": "at"}, "public.parts is partitioned by at"),
        ({"kind": "drop_column", "table": "parts", "column": "kind"}, "public.part is partitioned by kind"),
        ({"kind": "drop_column", "column": "email"}, "The view public.shown_again reads public.users.email"),
        ({"kind": "drop_column", "column": "email", "also_drop": ["shown_again"]}, "The view public.shown reads"),
        ({"kind": "drop_column", "column": "a"}, "statistics st"),
        ({"kind": "drop_column", "table": "secret", "column": "owner"}, "policy own"),
        ({"kind": "drop_column", "table": "orders", "column": "other"}, "generated column g"),
    ],
)
def test_refused(arguments: dict[str, Any], words: str) -> None:
    assert words in refusal(**arguments).situation


def test_old_servers_are_told_what_they_lack() -> None:
    assert (
        "before PostgreSQL 15 a view reads as its owner"
        in refusal(14, kind="rename_table", table="secret", to="x").situation
    )
    secret = replay(parse_sql(f"{TABLES} GRANT INSERT ON secret TO app;").statements)
    partial = refusal(17, secret, kind="rename_table", table="secret", to="x")
    assert "roles that may not read all of its columns" in partial.situation
    assert "has no NULLS NOT DISTINCT" in refusal(14, **UNIQUE, nulls_not_distinct=True).situation
    generated = GENERATED | {"table": "parts", "column": "x", "expression": "id", "stored": True}
    assert "no BEFORE triggers on partitioned tables" in refusal(12, **generated).situation


def test_a_server_that_has_no_such_enum_is_not_asked_again() -> None:
    error = refusal(17, replace(SCHEMA, is_complete=True), **(ENUM | {"type": "nope"}))
    assert error.situation == "There is no enum public.nope in the database."
    assert "--dsn" not in error.todo


def test_concurrent_builds_of_14_come_with_a_warning() -> None:
    recipe = load({"kind": "create_index", "table": "users", "columns": ["email"]})
    assert "Not on 14.0 to 14.3" in recipe.render(SCHEMA, "m", 14).files["expand.sql"]
    assert "14.3" not in recipe.render(SCHEMA, "m", 15).files["expand.sql"]


def test_the_alias_of_the_other_table_never_hides_the_own_one() -> None:
    schema = replay(parse_sql("CREATE TABLE parent (id int PRIMARY KEY, up int);").statements)
    recipe = load({"kind": "add_foreign_key", "table": "parent", "columns": ["up"], "references": "parent"})
    assert "AS referenced WHERE referenced.id = parent.up" in recipe.render(schema, "m", 17).files["verify.sql"]


def test_a_published_table_is_renamed_when_that_is_said() -> None:
    recipe = load(
        {"kind": "rename_table", "table": "users", "to": "people", "published": True, "contract_by": "2026-12-15"}
    )
    assert "RENAME TO people" in recipe.render(SCHEMA, "m", 17).files["expand.sql"]


def test_a_foreign_key_on_a_partitioned_table_is_one_step_from_18_on() -> None:
    recipe = load({"kind": "add_foreign_key", "table": "parts", "columns": ["id"], "references": "secret"})
    assert recipe.render(SCHEMA, "m", 17).files["migrate.sql"].count("ADD CONSTRAINT") == 2
    native = recipe.render(SCHEMA, "m", 18).files["migrate.sql"]
    assert native.count("ADD CONSTRAINT") == 1
    assert "NOT VALID;" in native


def custom(**arguments: Any) -> dict[str, str]:
    return dict(load({"kind": "custom", "name": "By hand", **arguments}).render(SCHEMA, "m", 17).files)


def test_a_custom_folder_without_sql_has_all_files_and_no_statement() -> None:
    files = custom()
    assert set(files) == {"migration.toml", *(f"{n}.sql" for n in ("expand", "migrate", "contract", "abort", "verify"))}
    assert all(not parse_sql(text).statements for name, text in files.items() if name.endswith(".sql"))
    assert "[contract]" not in files["migration.toml"]


def test_a_probe_stands_directly_above_its_statement() -> None:
    text = "BEGIN;\nSELECT 1;\n-- why\nSELECT 2;\nCOMMIT;\nCALL app.work();"
    expand = custom(expand=text, probe={"expand.3": 'SELECT\n"a" = 1'})["expand.sql"]
    assert '-- migrator:step probe="SELECT ""a"" = 1"\nCALL app.work();' in expand
    assert "-- why\nSELECT 2;" in expand


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"expand": "SELEC 1"}, "expand: line 1"),
        ({"verify": "DROP TABLE x"}, "verify: line 1 is not a SELECT"),
        ({"expand": "SELECT 1", "probe": {"expand.2": "SELECT true"}}, "There is no statement expand.2"),
        ({"expand": "SELECT 1", "probe": {"expand.1": "true"}}, "The probe of expand.1 is not one SELECT"),
        ({"expand": "ALTER DATABASE a SET TABLESPACE b"}, "expand.1 runs outside of transactions"),
    ],
)
def test_custom_refuses(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeRefused) as caught:
        custom(**arguments)
    assert words in caught.value.situation
    assert caught.value.todo


def test_views_over_views_stand_before_what_they_read() -> None:
    from migrator.recipes.dependent_views import views_over

    found = views_over(SCHEMA, [TableName("public", "users")], "email")
    assert [view.name.name for view in found] == ["shown_again", "shown"]


def test_a_made_name_that_is_taken_gets_a_number() -> None:
    schema = replay(parse_sql("CREATE TABLE t (a int); CREATE TABLE t_a_idx (b int);").statements, SCHEMA)
    recipe = load({"kind": "create_index", "table": "t", "columns": ["a"]})
    assert "t_a_idx_1 ON public.t" in recipe.render(schema, "m", 17).files["expand.sql"]


def test_a_foreign_partition_cannot_be_indexed() -> None:
    parts = TableName("public", "parts")
    tables = {**SCHEMA.tables, parts: replace(SCHEMA.tables[parts], has_foreign_parts=True)}
    error = refusal(17, Schema(tables), kind="create_index", table="parts", columns=["id"])
    assert "is a foreign table" in error.situation


def test_a_materialized_view_that_uses_the_column_comes_with_its_sql() -> None:
    schema = replay(parse_sql("CREATE MATERIALIZED VIEW kept AS SELECT email FROM users").statements, SCHEMA)
    rename = load(
        {"kind": "rename_column", "table": "users", "from": "email", "to": "mail", "contract_by": "2099-01-01"}
    )
    with pytest.raises(RecipeRefused, match=r"materialized view public\.kept") as caught:
        rename.render(schema, "m", 17)
    assert "SELECT pg_get_viewdef('public.kept'::regclass)" in caught.value.todo
    assert "DROP MATERIALIZED VIEW public.kept" in caught.value.todo
