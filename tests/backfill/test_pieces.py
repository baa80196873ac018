"""Where batches and windows end: gaps between keys, of any size and anywhere, cost nothing."""

from collections.abc import Iterator

from migrator.backfill.keyset import last_key, read_keyset
from migrator.backfill.pieces import Piece, Stride, next_piece
from migrator.names import TableName
from migrator.pg.connection import Connection
from migrator.state.places import Place
from tests.backfill.scenes import make_table

DENSE, SPARSE, STRIPES, BATCH = 10_000, 100, 6, 500


def pieces(connection: Connection, stride: Stride) -> Iterator[Piece]:
    """Yield what all batches of a walk change that never learns anything about the keys."""
    keyset = read_keyset(connection, TableName("public", "items"))
    end = last_key(connection, keyset)
    assert end
    place = Place(("0",))
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
