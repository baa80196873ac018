"""Partitions that are dropped, detached, renamed or attached while their table is backfilled."""

import pytest

from migrator.backfill.quarantine import Retried, retry_quarantined
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.verify import How, verify
from migrator.errors import Refused
from migrator.events import Event, EventKind
from migrator.pg.connection import Connection, connect
from migrator.phases.backfills import run
from tests.backfill.scenes import Heard, install_state, request
from tests.fix_server import Database

FILL = BackfillSpec.model_validate(
    {"table": "items", "name": "x", "set": {"n": "id"}, "where": "n IS NULL", "limits": {"batch_size": 20}}
)


@pytest.fixture(autouse=True)
def _table(one_connection: Connection) -> None:
    install_state(one_connection)
    one_connection.execute("CREATE TABLE items (id int, r int, n int, PRIMARY KEY (id, r)) PARTITION BY LIST (r)")
    for r in range(1, 5):
        one_connection.execute(f"CREATE TABLE items_{r} PARTITION OF items FOR VALUES IN ({r})".encode())
    one_connection.execute("INSERT INTO items SELECT g, r FROM generate_series(1, 50) g, generate_series(1, 4) r")


def filled(connection: Connection, table: str) -> tuple[int, int]:
    row = connection.execute(f"SELECT count(n) AS filled, count(*) AS rows FROM {table}".encode()).fetchone()
    assert row
    return row["filled"], row["rows"]


def test_the_backfill_ends_and_verification_finds_what_came(one_database: Database, one_connection: Connection) -> None:
    def change(_: Event) -> None:
        if filled(one_connection, "items_1")[0] == 20:
            with connect(one_database.dsn) as operator:
                operator.execute("ALTER TABLE items DETACH PARTITION items_2")
                operator.execute("DROP TABLE items_3")
                operator.execute("ALTER TABLE items_4 RENAME TO items_old")
                operator.execute("CREATE TABLE items_9 (LIKE items INCLUDING ALL)")
                operator.execute("INSERT INTO items_9 SELECT g, 9 FROM generate_series(1, 30) g")
                operator.execute("ALTER TABLE items ATTACH PARTITION items_9 FOR VALUES IN (9)")

    heard = Heard(on={EventKind.BACKFILL_BATCH: change})
    asked = request(one_database.dsn, FILL, heard)
    BackfillRunner(asked).run()
    gone = [event.data["part"] for event in heard.of(EventKind.BACKFILL_PART_GONE)]
    assert gone == ["public.items_3", "public.items_4"]
    assert filled(one_connection, "items_1") == filled(one_connection, "items_2") == (50, 50)
    with pytest.raises(Refused, match=r"80 differ, in public\.items_old, public\.items_9") as caught:
        run((asked,))
    assert "attached or renamed after the backfill began" in caught.value.todo
    assert "--repair" in caught.value.todo
    found = verify(asked, How(is_repair=True))
    assert (found.rows, found.repaired, found.is_clean) == (130, 80, True)
    assert filled(one_connection, "items") == (130, 130)


def test_rows_set_aside_in_a_partition_that_is_gone_are_gone(
    one_database: Database, one_connection: Connection
) -> None:
    one_connection.execute("ALTER TABLE items ADD CHECK (r <> 3 OR n IS DISTINCT FROM 7)")
    asked = request(one_database.dsn, FILL)
    BackfillRunner(asked).run()
    assert filled(one_connection, "items") == (199, 200)
    one_connection.execute("DROP TABLE items_3")
    assert retry_quarantined(asked) == Retried("x", gone=1)
    assert verify(asked).is_clean
