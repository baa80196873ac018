"""What a file takes away by its text alone: nothing in what recipes render before the contract."""

from pathlib import Path

import pytest

from migrator.phases.losses import losses_in, written_by
from migrator.statements.parse import parse_sql

GOLDEN = Path(__file__).parents[2] / "recipes" / "golden"


def _losses(text: str) -> list[str]:
    return [str(loss) for loss in losses_in(parse_sql(text).statements)]


@pytest.mark.parametrize("phase", ["expand", "migrate"])
def test_no_recipe_asks_before_its_contract(phase: str) -> None:
    files = sorted(GOLDEN.glob(f"*/{phase}.sql"))
    assert files
    assert {file.parent.name: found for file in files if (found := _losses(file.read_text()))} == {}


def test_what_goes_with_others_is_told_by_its_own_name() -> None:
    text = 'DROP TABLE app.a, "B"; DROP EXTENSION hstore CASCADE; DROP DATABASE shop; DROP OWNED BY a, b;'
    assert _losses(text) == [
        "table app.a",
        "table public.B",
        "extension hstore with all that hangs on it",
        "database shop",
        "all that role a owns",
        "all that role b owns",
    ]


def test_tables_that_a_statement_fills() -> None:
    statements = parse_sql("INSERT INTO a VALUES (1); COPY app.b FROM STDIN; SELECT 1 FROM c;").statements
    assert [[str(table) for table in written_by(statement)] for statement in statements] == [
        ["public.a"],
        ["app.b"],
        [],
    ]
