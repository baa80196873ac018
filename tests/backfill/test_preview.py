"""What a dry run shows, and that it changes nothing."""

from typing import Any

import pytest

from migrator.backfill.preview import preview
from migrator.backfill.spec import BackfillSpec
from migrator.pg.connection import Connection
from tests.backfill.scenes import install_state, make_table, request, touched
from tests.backfill.test_sources import COUNT_UP, make_partitions
from tests.fix_server import Database

ALL = {"table": "items", "limits": {"batch_size": 50}}


def shown(dsn: str, **values: Any) -> Any:
    return preview(request(dsn, BackfillSpec.model_validate(ALL | values)))


@pytest.mark.parametrize(
    ("source", "sql"),
    [
        ({"set": {"touched": "touched + 1"}}, 'UPDATE "public"."items" SET "touched"'),
        ({"sql": "UPDATE items SET touched = 5 WHERE :range"}, "UPDATE items SET touched = 5 WHERE"),
        ({"delete": True, "where": "touched = 0"}, 'DELETE FROM "public"."items"'),
        (COUNT_UP, 'SELECT "public"."items"."id"'),
    ],
)
def test_the_first_batch_and_its_plan(
    source: dict[str, Any], sql: str, one_database: Database, one_connection: Connection
) -> None:
    install_state(one_connection)
    make_table(one_connection, "integer", 5000)
    found = shown(one_database.dsn, **source)
    assert found.way == "along items_pkey (id)"
    assert found.rows_estimate == 5000
    [statement] = found.statements
    assert statement.text.startswith(sql)
    assert any("items_pkey" in line for line in statement.plan), statement.plan
    assert touched(one_connection) == {0: 5000}
    assert one_connection.execute("SELECT FROM migrator.backfill").fetchall() == []


def test_partitions_stripes_and_empty_tables(one_database: Database, one_connection: Connection) -> None:
    install_state(one_connection)
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, touched int)")
    found = shown(one_database.dsn, set={"touched": "1"})
    assert (found.statements, found.rows_estimate, found.parts) == ((), 0, ())
    one_connection.execute("CREATE INDEX ON items ((touched + 1))")
    assert "column touched is in an index" in shown(one_database.dsn, set={"touched": "1"}).why_not_striped
    one_connection.execute("DROP TABLE items")
    make_partitions(one_connection, 500)
    found = shown(one_database.dsn, set={"touched": "1"})
    assert found.parts == ('public."part 0"', 'public."part 1"', 'public."part 2"', 'public."part 3.1"')
    assert found.stripes == 6
