"""`--lazy`: what it writes reads the right values before, during and after the backfill."""

import pytest

from migrator.pg.connection import Connection
from migrator.recipes.change_column_type import ChangeColumnType
from migrator.recipes.lazy_view import FILE
from migrator.recipes.recipe import Recipe
from migrator.recipes.rename_column import RenameColumn
from migrator.schema.catalog import read_schema

_TERMS = {"contract_by": "2026-12-01"}


@pytest.mark.parametrize(
    ("recipe", "wanted"),
    [
        (RenameColumn.read({"table": "users", "from": "email", "to": "mail", "lazy": True, **_TERMS}), "mail"),
        (
            ChangeColumnType.read(
                {"table": "users", "column": "age", "type": "bigint", "to": "years", "lazy": True, **_TERMS}
            ),
            "years",
        ),
    ],
    ids=["rename", "type"],
)
def test_the_view_shows_every_row_whatever_is_filled(recipe: Recipe, wanted: str, one_connection: Connection) -> None:
    one_connection.execute('CREATE TABLE users (id int PRIMARY KEY, email text, age int, "from" text)')
    one_connection.execute("INSERT INTO users SELECT g, nullif('m' || g, 'm5'), g FROM generate_series(1, 10) g")
    one_connection.execute("CREATE SCHEMA migrator")
    files = recipe.render(read_schema(one_connection), "20260901_lazy", 17).files
    old = one_connection.execute("SELECT id, email, age FROM users ORDER BY id").fetchall()
    one_connection.execute(files["expand.sql"].encode())
    one_connection.execute(files[FILE].encode())
    column = {"mail": "email", "years": "age"}[wanted]

    def seen() -> list[object]:
        rows = one_connection.execute("SELECT * FROM users_lazy ORDER BY id").fetchall()
        assert column not in rows[0]
        assert "from" in rows[0]
        return [row[wanted] for row in rows]

    assert seen() == [row[column] for row in old]
    one_connection.execute(f"UPDATE users SET {wanted} = {column} WHERE id < 7".encode())
    assert seen() == [row[column] for row in old]
    one_connection.execute(f"UPDATE users SET {wanted} = '77' WHERE id = 9".encode())
    assert str(seen()[8]) == "77"


def test_without_it_nothing_is_written(one_connection: Connection) -> None:
    one_connection.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    plain = RenameColumn.read({"table": "users", "from": "email", "to": "mail", **_TERMS})
    assert FILE not in plain.render(read_schema(one_connection), "20260901_lazy", 17).files
