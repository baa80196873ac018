"""`delete = true`, and `archive_to = "table"`: rows that are deleted, or moved to another table, batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.backfill.batch import BatchJob, piece_conditions
from migrator.backfill.pieces import Piece
from migrator.errors import InputError
from migrator.names import TableName
from migrator.pg.driver import Connection, sql
from migrator.pg.queries import query

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
        columns, qualified = self._columns(connection, job, self.archive)
        # As they are: also what the archive would number itself.
        move = sql.SQL(
            "WITH moved AS ({} RETURNING {}) INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM moved"
        )
        archive = sql.Identifier(*TableName.parse(self.archive))
        return [move.format(deletion, qualified, archive, columns, columns) for deletion in deletions]

    def _columns(self, connection: Connection, job: BatchJob, archive: str) -> tuple[sql.Composed, sql.Composed]:
        """Named: the two tables may have them in another order, and the archive may have more.

        Raises:
            InputError: the archive lacks a column.
        """
        values = {"table": job.keyset.oid, "archive": archive}
        lost = [row["column"] for row in connection.execute(_sql("not_archived_columns"), values)]
        if lost:
            raise InputError(
                f"{archive} has no column {', '.join(lost)}, which {job.keyset.table} has: the values would be lost.",
                "Create the archive, or add the columns, in expand.sql.",
            )
        names = [row["column"] for row in connection.execute(_sql("archived_columns"), values)]
        qualified = [sql.Identifier(*job.keyset.table, name) for name in names]
        return _COMMA.join(sql.Identifier(name) for name in names), _COMMA.join(qualified)


def _sql(name: str) -> bytes:
    return query(f"batches.{name}", "migrator.backfill")
