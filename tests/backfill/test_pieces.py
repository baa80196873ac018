"""Where batches and windows end: gaps between keys, of any size and anywhere, cost nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from migrator.backfill.batch import job_for, piece_conditions
from migrator.backfill.keyset import last_key
from migrator.backfill.pieces import Piece, Stride, next_piece
from migrator.backfill.stripes import read_division
from migrator.backfill.table_keys import read_keyset
from migrator.names import TableName
from migrator.pg.connection import Connection
from migrator.pg.driver import sql
from migrator.state.places import Place
from tests.backfill.scenes import make_table, spec

DENSE, SPARSE, STRIPES, BATCH = 10_000, 100, 6, 500


def pieces(connection: Connection, stride: Stride, place: Place = Place(("0",))) -> Iterator[Piece]:  # noqa: B008
    """Yield what all batches of a walk change that never learns anything about the keys."""
    keyset = read_keyset(connection, TableName("public", "items"))
    end = last_key(connection, keyset)
    assert end
    while place.checkpoint != end:
        piece = next_piece(connection, keyset, place, end, stride)
        yield piece
        place = piece.place


def test_a_gap_in_a_window_that_reaches_the_end(one_connection: Connection) -> None:
    """Keys of the application's own range behind those of the sequence, met by stripes that were told "dense"."""
    make_table(one_connection, "integer", DENSE)
    insert = f"INSERT INTO items SELECT 9000000000000000000 + g FROM generate_series(1, {SPARSE}) g"
    one_connection.execute(insert.encode())
    stride = Stride(BATCH, STRIPES, window_keys=6_000, density=1.0, is_counted=True)
    counted = 0
    for piece in pieces(one_connection, stride):
        counted += 1
        assert counted < 10 * (DENSE + SPARSE) / BATCH, f"the walk crawls through the gap: {piece}"
    assert counted >= STRIPES


def test_each_row_is_in_one_piece_also_where_keys_cross_zero(one_connection: Connection) -> None:
    make_table(one_connection, "integer", 0)
    one_connection.execute("INSERT INTO items SELECT g FROM generate_series(-2000, 2000) g")
    keyset = read_keyset(one_connection, TableName("public", "items"))
    job = job_for(one_connection, "m", spec(), keyset, 0.2)
    job = replace(job, division=read_division(one_connection, keyset))
    stride = Stride(BATCH, STRIPES, window_keys=1_500, density=1.0, longest_batch=750)
    found: list[int] = []
    begun = Counter[object]()
    for piece in pieces(one_connection, stride, Place(("-2001",))):
        assert piece.stripe
        assert piece.stripe.is_even
        begun[piece.stripe.upto, piece.stripe.stripe] += 1
        for condition in piece_conditions(job, piece):
            rows = one_connection.execute(sql.SQL("SELECT id FROM items WHERE {}").format(condition))
            found += [row["id"] for row in rows]
    assert sorted(found) == list(range(-2000, 2001))
    assert set(begun.values()) - {1} == {2}, "a stripe of a whole window takes two batches"
