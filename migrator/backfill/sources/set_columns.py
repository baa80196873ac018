"""`set = { column = "expression" }`: an UPDATE per piece, or a few where a composite key crosses a group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrator.backfill.batch import BatchJob, piece_conditions
from migrator.backfill.pieces import Piece
from migrator.pg.driver import Connection, sql
from migrator.pg.fragment import Fragment

_COMMA = sql.SQL(", ")


@dataclass(frozen=True, slots=True)
class SetColumns:
    """Gives columns the values of SQL expressions."""

    set: Mapping[str, str]
    is_striped: bool = True
    is_per_partition: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `set`."""
        return tuple(self.set)

    def change(self, connection: Connection, job: BatchJob, piece: Piece) -> int:
        """Run the statements."""
        return sum(connection.execute(statement).rowcount for statement in self.statements(connection, job, piece))

    def statements(self, connection: Connection, job: BatchJob, piece: Piece) -> Sequence[sql.Composed]:
        """Return the UPDATEs that together change the piece."""
        del connection
        assignments = _COMMA.join(
            sql.SQL("{} = {}").format(sql.Identifier(column), Fragment(text)) for column, text in self.set.items()
        )
        return [
            sql.SQL("UPDATE {} SET {} WHERE {}").format(job.keyset.source, assignments, condition)
            for condition in piece_conditions(job, piece)
        ]
