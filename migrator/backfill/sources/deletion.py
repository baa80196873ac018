"""`delete = true`, and `archive_to = "table"`: rows that are deleted, or moved to another table, batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.backfill.batch import BatchJob, piece_conditions
from migrator.backfill.keyset import column_types
from migrator.backfill.pieces import Piece
from migrator.names import TableName
from migrator.pg.driver import Connection, sql

_COMMA = sql.SQL(", ")


@dataclass(frozen=True, slots=True)
class Deletion:
    """Deletes the rows of `where`; with an archive each row is in exactly one of the two tables at any moment."""

    archive: str | None = None
    columns: tuple[str, ...] = ()
    is_striped: bool = False
    is_per_partition: bool = True

    def change(self, connection: Connection, job: BatchJob, piece: Piece) -> int:
        """Run the statements."""
        return sum(connection.execute(statement).rowcount for statement in self.statements(connection, job, piece))

    def statements(self, connection: Connection, job: BatchJob, piece: Piece) -> Sequence[sql.Composed]:
        """Return the DELETEs, or the moves, that together change the piece."""
        deletions = [
            sql.SQL("DELETE FROM {} WHERE {}").format(job.keyset.source, condition)
            for condition in piece_conditions(job, piece)
        ]
        if self.archive is None:
            return deletions
        # Named columns: the two tables may have them in another order, and the archive may have more.
        names = list(column_types(connection, job.keyset))
        columns = _COMMA.join(sql.Identifier(name) for name in names)
        archive = sql.Identifier(*TableName.parse(self.archive))
        move = sql.SQL("WITH moved AS ({} RETURNING {}) INSERT INTO {} ({}) SELECT {} FROM moved")
        qualified = _COMMA.join(
            sql.Identifier(*job.keyset.table, name) for name in column_types(connection, job.keyset)
        )
        return [move.format(deletion, qualified, archive, columns, columns) for deletion in deletions]
