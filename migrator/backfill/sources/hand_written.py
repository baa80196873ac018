"""`sql = "UPDATE … WHERE :range"`: a statement of the manifest, with the conditions of the batch's keys put in."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.backfill.batch import BatchJob, piece_conditions
from migrator.backfill.pieces import Piece
from migrator.backfill.spec import hand_written_parts
from migrator.pg.driver import Connection, sql
from migrator.pg.fragment import Script


@dataclass(frozen=True, slots=True)
class HandWritten:
    """Runs the statement once per condition; `:range` names the table itself, which must have no alias there."""

    text: str
    columns: tuple[str, ...] = ()
    is_striped: bool = False
    is_per_partition: bool = False

    def change(self, connection: Connection, job: BatchJob, piece: Piece) -> int:
        """Run the statements."""
        return sum(connection.execute(statement).rowcount for statement in self.statements(connection, job, piece))

    def statements(self, connection: Connection, job: BatchJob, piece: Piece) -> Sequence[sql.Composed]:
        """Return the statement with each of the conditions."""
        del connection
        before, after = hand_written_parts(self.text)
        return [
            sql.Composed([Script(before), sql.SQL("("), condition, sql.SQL(")"), Script(after)])
            for condition in piece_conditions(job, piece)
        ]
