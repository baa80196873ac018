"""A constraint that rows break: the error gives the query that shows these rows, which the server does not name."""

import re
from pathlib import Path
from typing import Any

import pytest

from migrator.errors import DatabaseFailed
from migrator.pg.connection import connect, server_version
from migrator.recipes import load
from migrator.recipes.folder import write_folder
from migrator.schema.catalog import read_schema
from migrator.state.install import install
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.recipes.test_live import run
from tests.recipes.test_public_shapes import TERMS

PARCELS = """
CREATE TABLE depots (id int PRIMARY KEY);
CREATE TABLE parcels (id int PRIMARY KEY, "Depot" int, weight int);
INSERT INTO depots VALUES (1);
INSERT INTO parcels VALUES (1, 1, 5), (2, 7, -2), (3, NULL, NULL), (4, 1, 9);
"""
BROKEN: dict[str, tuple[dict[str, Any], set[int]]] = {
    "null": ({"kind": "set_not_null", "column": "Depot"}, {3}),
    "check": ({"kind": "add_check", "check": "weight > 0"}, {2}),
    "key": ({"kind": "add_foreign_key", "columns": ["Depot"], "references": "depots"}, {2}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_rows_that_are_in_the_way_are_shown(one_database: Database, tmp_path: Path, name: str) -> None:
    asked, rows = BROKEN[name]
    with connect(one_database.dsn) as connection:
        install(connection)
        run(connection, PARCELS)
        schema, version = read_schema(connection), server_version(connection) // 10000
        recipe = load(TERMS | {"table": "parcels", "evidence": ["backfill"]} | asked)
        write_folder(tmp_path, "20260901_m", recipe.render(schema, "20260901_m", version))
        shop = Shop(one_database.dsn, tmp_path)
        shop.engine().expand(shop.migration("20260901_m"))
        with pytest.raises(DatabaseFailed) as caught:
            shop.engine().migrate(shop.migration("20260901_m"))
        shown = re.search(r"Correct the rows \((SELECT .* LIMIT 10)\), then run", caught.value.todo)
        assert shown, caught.value.todo
        assert {row["id"] for row in connection.execute(shown[1].encode()).fetchall()} == rows
