"""Each query of the engine reads the key's index from one point, and no more of it than the batch is large."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from migrator.backfill.batch import BatchJob, begin, job_for
from migrator.backfill.keyset import (
    KeyRange,
    Keyset,
    boundary_query,
    count_keys,
    last_key,
    next_range,
    range_conditions,
)
from migrator.backfill.pieces import Piece
from migrator.backfill.sources import source_of
from migrator.backfill.stripes import read_division
from migrator.backfill.table_keys import read_keyset, read_pages
from migrator.names import TableName
from migrator.pg.connection import Connection
from migrator.pg.driver import sql
from migrator.state.places import Key, Place, Window
from tests.backfill.scenes import MIGRATION, make_table, spec

ROWS = 100_000
BATCH = 500
KINDS = ["integer", "text-collated", "uuid", "composite", "descending", "both-ways"]


def statements_of(connection: Connection, job: BatchJob, piece: Piece) -> Sequence[sql.Composed]:
    return source_of(job.spec).statements(connection, job, piece)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def explained(connection: Connection, statement: sql.Composable) -> list[dict[str, Any]]:
    """Run the statement (rolled back) and return the nodes of its plan."""
    with connection.transaction(force_rollback=True):
        row = connection.execute(sql.SQL("EXPLAIN (ANALYZE, BUFFERS, FORMAT json) {}").format(statement)).fetchone()
    assert row
    return list(nodes(row["QUERY PLAN"][0]["Plan"]))


def assert_reads_the_index(plan: list[dict[str, Any]], keyset: Keyset, most_rows: int) -> None:
    kinds = {node["Node Type"] for node in plan}
    assert "Seq Scan" not in kinds
    assert "Sort" not in kinds
    scans = [node for node in plan if "Index Name" in node]
    assert {scan["Index Name"] for scan in scans} == {keyset.index.split(".")[-1]}
    assert len(scans) == 1 or any(column.is_reversed for column in keyset.columns)
    assert sum(scan["Actual Rows"] for scan in scans) <= most_rows
    assert not any(scan.get("Rows Removed by Filter", 0) for scan in scans)
    assert not any(scan.get("Rows Removed by Index Recheck", 0) for scan in scans)
    buffers = sum(scan["Shared Hit Blocks"] + scan["Shared Read Blocks"] for scan in scans)
    assert buffers <= 3 * most_rows + 50, "it read far more of the index than the batch holds"


@pytest.fixture(params=KINDS)
def walked(request: pytest.FixtureRequest, connection: Connection) -> tuple[Connection, Keyset, Key]:
    """Give a table of 100,000 analysed rows and a key in its middle."""
    make_table(connection, request.param, ROWS)
    connection.execute("VACUUM ANALYZE items")
    keyset = read_keyset(connection, TableName("public", "items"))
    end = last_key(connection, keyset)
    assert end
    return connection, keyset, next_range(connection, keyset, None, end, ROWS // 2 + 1).upto


def test_the_boundary_is_found_in_the_index(walked: tuple[Connection, Keyset, Key]) -> None:
    connection, keyset, middle = walked
    end = last_key(connection, keyset)
    assert end
    for after in (None, middle):
        plan = explained(connection, boundary_query(keyset, after, end, BATCH))
        assert_reads_the_index(plan, keyset, BATCH)


def test_a_batch_is_one_range_of_the_index(walked: tuple[Connection, Keyset, Key]) -> None:
    connection, keyset, middle = walked
    end = last_key(connection, keyset)
    assert end
    keys = next_range(connection, keyset, middle, end, BATCH)
    job = job_for(connection, MIGRATION, spec(), keyset, 0.2)
    for statement in statements_of(connection, job, Piece(keys, Place(keys.upto))):
        assert_reads_the_index(explained(connection, statement), keyset, BATCH)


def test_a_stripe_reads_no_more_than_its_range(walked: tuple[Connection, Keyset, Key]) -> None:
    connection, keyset, middle = walked
    end, division = last_key(connection, keyset), read_division(connection, keyset)
    assert end
    assert division
    keys = next_range(connection, keyset, middle, end, BATCH)
    job = replace(job_for(connection, MIGRATION, spec(), keyset, 0.2), division=division)
    found = 0
    for stripe in range(4):
        piece = Piece(keys, Place(keys.upto), Window(keys.upto, 4, stripe))
        plans = [explained(connection, statement) for statement in statements_of(connection, job, piece)]
        for plan in plans:
            scans = [node for node in plan if "Index Name" in node]
            assert {scan["Index Name"] for scan in scans} == {keyset.index.split(".")[-1]}
            read = [node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in plan[1:]]
            assert max(read) <= 2 * BATCH, "entries of the rolled-back stripes before it are read as well"
            found += plan[1]["Actual Rows"]
        assert plans[-1][1]["Node Type"] == "Bitmap Heap Scan", "each page is locked once, not once for each row"
    assert found == BATCH, "each row is in exactly one stripe"


def test_a_stripe_reads_its_range_also_when_statistics_are_old(connection: Connection) -> None:
    """The server believes that the range is the whole table, as after a day of inserts without ANALYZE."""
    connection.execute("CREATE TABLE items (id int PRIMARY KEY, touched int DEFAULT 0) WITH (autovacuum_enabled = off)")
    connection.execute("INSERT INTO items SELECT g FROM generate_series(1, 1000) g")
    connection.execute("ANALYZE items")
    connection.execute(f"INSERT INTO items SELECT g FROM generate_series(1001, {ROWS}) g".encode())
    keyset = read_keyset(connection, TableName("public", "items"))
    keys = KeyRange(("0",), ("1000",))
    job = job_for(connection, MIGRATION, spec(), keyset, 0.2)
    job = replace(job, division=read_division(connection, keyset))
    [statement] = statements_of(connection, job, Piece(keys, Place(keys.upto), Window(keys.upto, 4, 1, is_even=True)))
    with connection.transaction():
        begin(connection, job)
        plan = explained(connection, statement)
    assert plan[1]["Node Type"] == "Bitmap Heap Scan"
    assert plan[1]["Actual Rows"] == 250
    assert plan[1]["Shared Hit Blocks"] + plan[1]["Shared Read Blocks"] <= 50


def test_pages_are_read_by_their_number(connection: Connection) -> None:
    connection.execute("CREATE TABLE items (id int, touched int DEFAULT 0)")
    connection.execute(f"INSERT INTO items SELECT g FROM generate_series(1, {ROWS}) g".encode())
    connection.execute("VACUUM ANALYZE items")
    keyset = read_pages(connection, TableName("public", "items"))
    end = last_key(connection, keyset)
    assert end
    keys = next_range(connection, keyset, ("(100,65535)",), end, BATCH)
    job = job_for(connection, MIGRATION, spec(where="touched = 0", by="ctid"), keyset, 0.2)
    for statement in statements_of(connection, job, Piece(keys, Place(keys.upto))):
        with connection.transaction():
            begin(connection, job)
            plan = explained(connection, statement)
        assert [node["Node Type"] for node in plan][-1] == "Tid Range Scan"
        assert plan[-1]["Actual Rows"] <= 2 * BATCH


def test_a_range_across_groups_reads_neither_group_to_its_end(connection: Connection) -> None:
    """With `(tenant, id) <= (…)` alone the server would read the whole rest of the second tenant: 50,000 rows."""
    connection.execute("CREATE TABLE items (tenant int, id int, touched int DEFAULT 0, PRIMARY KEY (tenant, id))")
    connection.execute("INSERT INTO items SELECT g / 50000, g FROM generate_series(1, 99999) g")
    connection.execute("VACUUM ANALYZE items")
    keyset = read_keyset(connection, TableName("public", "items"))
    keys = KeyRange(("0", "49900"), ("1", "50100"))
    found = 0
    for condition in range_conditions(keyset, keys):
        count = sql.SQL("SELECT * FROM items WHERE {}").format(condition)
        with connection.transaction():
            connection.execute("SET LOCAL enable_seqscan = off")
            connection.execute("SET LOCAL enable_bitmapscan = off")
            plan = explained(connection, count)
        found += plan[-1]["Actual Rows"]
        assert_reads_the_index(plan, keyset, 200)
    assert found == 200


ODD_KEYS = {
    "domain-over-enum": (
        """CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN felt AS mood; CREATE DOMAIN known AS felt;
           CREATE TABLE items (m known, id int, touched int DEFAULT 0, PRIMARY KEY (m, id))""",
        "(ARRAY['sad', 'ok', 'happy'])[1 + g % 3]::mood, g",
    ),
    "arrays-of-domains": (
        """CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN tags AS text[];
           CREATE DOMAIN word AS text COLLATE "C";
           CREATE TABLE items (a positive[], b tags, c word, id positive, touched int DEFAULT 0,
                               PRIMARY KEY (a, b, c, id))""",
        "ARRAY[1 + g % 2]::positive[], ARRAY['x,' || g % 2, NULL], (g % 2)::text, g",
    ),
    "domain-with-a-later-rule": (
        "CREATE DOMAIN even AS int; CREATE TABLE items (id even PRIMARY KEY, touched int DEFAULT 0)",
        "g",
    ),
    "nulls-first": (
        """CREATE TABLE items (id int NOT NULL, b int NOT NULL, touched int DEFAULT 0);
           CREATE UNIQUE INDEX items_key ON items (id NULLS FIRST, b)""",
        "g, g % 2",
    ),
    "descending-nulls-last": (
        """CREATE TABLE items (id int NOT NULL, b int NOT NULL, touched int DEFAULT 0);
           CREATE UNIQUE INDEX items_key ON items (id DESC NULLS LAST, b DESC)""",
        "g, g % 2",
    ),
}
"""Keys of which a comparison or an ORDER BY as of any other key would fail, or would not use the index."""


@pytest.mark.parametrize("kind", ODD_KEYS)
def test_odd_keys_are_walked_by_their_index(kind: str, connection: Connection) -> None:
    made, values = ODD_KEYS[kind]
    connection.execute(made.encode())
    connection.execute(f"INSERT INTO items SELECT {values} FROM generate_series(1, 6000) g".encode())
    if kind == "domain-with-a-later-rule":
        connection.execute("ALTER DOMAIN even ADD CHECK (VALUE % 2 = 0) NOT VALID")
    connection.execute("VACUUM ANALYZE items")
    keyset = read_keyset(connection, TableName("public", "items"))
    end, after, walked = last_key(connection, keyset), None, 0
    assert end
    job = job_for(connection, MIGRATION, spec(), keyset, 0.2)
    while after != end:
        if after is not None:
            assert_reads_the_index(explained(connection, boundary_query(keyset, after, end, BATCH)), keyset, BATCH)
        keys = next_range(connection, keyset, after, end, BATCH)
        for statement in statements_of(connection, job, Piece(keys, Place(keys.upto))):
            with connection.transaction():
                begin(connection, job)
                assert_reads_the_index(explained(connection, statement), keyset, BATCH)
        walked += count_keys(connection, keyset, keys)
        after = keys.upto
    assert walked == 6000
