"""What a backfill would do, for `backfill run --dry-run`: its way along the table, the first batch and its plan.

Everything is read in a read-only transaction: EXPLAIN plans a statement without running it, and a Python function is
not called. The plan is the server's with the settings that batches have.
"""

from dataclasses import dataclass

from migrator.backfill.batch import begin_reading
from migrator.backfill.parts import Part, PartEnd, estimate, part_ends, read_part
from migrator.backfill.pieces import Stride, next_piece
from migrator.backfill.plan_check import refuse_unplannable
from migrator.backfill.request import BackfillRequest
from migrator.backfill.retries import open_session
from migrator.pg.driver import Connection, sql
from migrator.pg.failures import translated
from migrator.state.places import Place

_ROWS_PER_SECOND = 50_000
"""For a first estimate: what the benchmark's default pace keeps beside a busy application."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the first batch and the lines of its plan."""

    text: str
    plan: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do."""

    name: str
    table: str
    way: str
    """Along which key, or by pages."""
    parts: tuple[str, ...]
    """Partitions that are walked one after the other."""
    stripes: int
    why_not_striped: str
    rows_estimate: int | None
    statements: tuple[Statement, ...]
    """Those of the first batch; none for an empty table."""

    @property
    def seconds_estimate(self) -> float | None:
        """A first estimate of the run without pauses; the run itself measures."""
        return None if self.rows_estimate is None else self.rows_estimate / _ROWS_PER_SECOND


def preview(request: BackfillRequest) -> Preview:
    """Return what a run of the backfill would do; nothing is written.

    Raises:
        InputError: the table does not exist or has no key, the Python function cannot be imported, or the server
            does not take an expression.
    """
    spec = request.spec
    with translated(f"Planning backfill {request.name}"), open_session(request.connect) as connection:
        ends = part_ends(connection, spec)
        part = read_part(connection, request, ends[0].name if ends else None)
        refuse_unplannable(connection, part, request.name, ends[0].end if ends else None)
        statements = _first_batch(connection, request, part, ends[0]) if ends else ()
        rows = estimate(connection, spec)
    keys = ", ".join(column.name for column in part.keyset.columns)
    return Preview(
        name=request.name,
        table=spec.table,
        way="by its pages (ctid)" if part.keyset.rows_per_page else f"along {part.keyset.index} ({keys})",
        parts=tuple(each.name for each in ends if each.name is not None),
        stripes=part.striping.most,
        why_not_striped=part.striping.reason,
        rows_estimate=rows,
        statements=statements,
    )


def _first_batch(connection: Connection, request: BackfillRequest, part: Part, at: PartEnd) -> tuple[Statement, ...]:
    with connection.transaction():
        begin_reading(connection, part.job)
        piece = next_piece(connection, part.keyset, Place(), at.end, Stride(request.pace.batch_size))
        return tuple(_explained(connection, each) for each in part.source.statements(connection, part.job, piece))


def _explained(connection: Connection, statement: sql.Composed) -> Statement:
    rows = connection.execute(sql.SQL("EXPLAIN {}").format(statement)).fetchall()
    return Statement(statement.as_string(connection), tuple(row["QUERY PLAN"] for row in rows))
