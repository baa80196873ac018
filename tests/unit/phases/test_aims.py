"""What is read from a statement about the catalog it wants; the catalog itself is asked in tests/phases."""

import pytest

from migrator.phases.aims import aims_of, is_wholly_seen
from migrator.statements.facts import effects_of
from migrator.statements.parse import parse_sql


@pytest.mark.parametrize(
    ("text", "aims"),
    [
        ("ALTER TABLE users ADD COLUMN a int", ["column public.users.a is there"]),
        ("ALTER TABLE app.users RENAME a TO b", ["column app.users.a is gone"]),
        ("ALTER TABLE users ALTER a SET NOT NULL", ["column public.users.a is NOT NULL"]),
        (
            "ALTER TABLE users ALTER a DROP NOT NULL, DROP b",
            ["column public.users.b is gone", "column public.users.a accepts NULL"],
        ),
        ("ALTER TABLE users VALIDATE CONSTRAINT c", ["constraint public.users.c is valid"]),
        ("ALTER TABLE users ATTACH PARTITION u1 FOR VALUES IN (1)", ["table public.u1 is attached"]),
        ("ALTER TABLE users DETACH PARTITION app.u1 CONCURRENTLY", ["table app.u1 is detached"]),
        ("CREATE INDEX CONCURRENTLY i ON app.users (a)", ["index app.i is there"]),
        ("DROP TABLE a, b", ["table public.a is gone", "table public.b is gone"]),
        ("ANALYZE users", []),
        ("ALTER TABLE users ALTER a SET DEFAULT 1", []),
        ("CREATE POLICY p ON users", ["policy public.users.p is there"]),
        ("DROP RULE r ON app.users", ["rule app.users.r is gone"]),
        ("DROP EXTENSION citext", ["extension citext is gone"]),
        ("ALTER TYPE app.mood ADD VALUE 'new'", ["enum value app.mood.new is there"]),
        ("CREATE DATABASE d", ["database d is there"]),
        ("DROP TABLESPACE t", ["tablespace t is gone"]),
        ("CREATE CAST (int AS text) WITH INOUT", []),
    ],
)
def test_what_the_catalog_can_show(text: str, aims: list[str]) -> None:
    (statement,) = parse_sql(text).statements
    assert [str(aim) for aim in aims_of(statement, effects_of(statement))] == aims


@pytest.mark.parametrize(
    ("text", "signatures"),
    [
        (
            "CREATE FUNCTION app.f(a int, OUT b text, VARIADIC c numeric(3,1)[]) LANGUAGE sql AS ''",
            ["app.f(int, numeric(3, 1)[])"],
        ),
        ("CREATE PROCEDURE \"F\"(INOUT a int, OUT b int) LANGUAGE sql AS ''", ['public."F"(int)']),
        ("CREATE FUNCTION f() RETURNS TABLE (a int) LANGUAGE sql AS ''", ["public.f()"]),
        ("DROP FUNCTION f(int), app.g(text)", ["public.f(int)", "app.g(text)"]),
        ("DROP FUNCTION f", [""]),
        ("ALTER FUNCTION f(int) RENAME TO g", ["public.f(int)"]),
        ("ALTER FUNCTION f(int) SET SCHEMA app", ["public.f(int)"]),
    ],
)
def test_which_function_of_the_name_is_meant(text: str, signatures: list[str]) -> None:
    (statement,) = parse_sql(text).statements
    assert [aim.signature for aim in aims_of(statement, effects_of(statement))] == signatures


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("ALTER TABLE users ADD a int, DROP b, ALTER c SET NOT NULL, ADD CONSTRAINT d CHECK (a > 0)", True),
        ("ALTER TABLE users ADD a int, ALTER c SET DEFAULT 1", False),
        ("ALTER TABLE users ADD CHECK (a > 0)", False),
        ("DROP TABLE users", True),
    ],
)
def test_whether_the_aims_are_all_of_it(text: str, is_whole: bool) -> None:
    (statement,) = parse_sql(text).statements
    assert is_wholly_seen(statement) is is_whole
