"""Renaming a column in a tree changes column references and nothing else."""

import pytest

from migrator.errors import InputError
from migrator.schema.expressions import column_refs, expression_text, parse_expression, parse_one, rename_column
from migrator.schema.types import type_text
from migrator.statements.parse import deparse


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("email", "mail"),
        ("lower(email) = 'email'", "lower(mail) = 'email'"),
        ("email(email)", "email(mail)"),
        ("email_2 || users.email", "email_2 || users.mail"),
        ('"Email" || email', '"Email" || mail'),
        ("email::email", "mail::email"),
        ("CASE WHEN email IS NULL THEN 'email' ELSE email END", "CASE WHEN mail IS NULL THEN 'email' ELSE mail END"),
        ("(email).email", "(mail).email"),
    ],
)
def test_rename_column(before: str, after: str) -> None:
    tree = parse_expression(before)
    rename_column(tree, "email", "mail")
    assert expression_text(tree) == after


def test_column_refs_come_once_in_order() -> None:
    assert column_refs(parse_expression("b + a + b + t.c + f(d)")) == ("b", "a", "c", "d")


@pytest.mark.parametrize("text", ["", "1,", "1 AS x", "1 FROM t", "1; SELECT 2", "*", "1) OR (1", "1 WHERE true"])
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(InputError, match="is not an SQL expression"):
        parse_expression(text)


def test_a_tree_of_ours_has_the_version_that_the_parser_writes() -> None:
    statement = "CREATE INDEX i ON t USING btree (a)"
    assert deparse(parse_one(statement)) == statement


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int", "integer"),
        ("varchar(20)", "character varying(20)"),
        ("timestamptz(3)[]", "timestamp(3) with time zone[]"),
        ("app.mood", "app.mood"),
        ("geography(Point, 4326)", "geography(point,4326)"),
        ('"My Type"', '"My Type"'),
    ],
)
def test_type_text(text: str, expected: str) -> None:
    assert type_text(text) == expected


@pytest.mark.parametrize("text", ["int NOT NULL", "int DEFAULT 1", "1", "", "serial", "int, b int", "int)::(text"])
def test_what_is_no_type(text: str) -> None:
    with pytest.raises(InputError):
        type_text(text)
