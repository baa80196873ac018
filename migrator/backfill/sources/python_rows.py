"""`python = "package.module:function"`: values that SQL cannot compute, rows in and rows out, a batch at a time.

    def normalize(rows: Sequence[Mapping[str, Any]]) -> Iterable[Mapping[str, Any] | None]:
        return [{"mail": canonical(row["email"])} for row in rows]

A row that the application changes between our reading and our writing is not overwritten with a value made of its old
state: the batch is tried again. Rows go in portions, each written by one statement (`row_writes`). A worker reads them
in a second session, so that the server reads one portion and writes another while the function works on a third.
"""

import gc
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, KeysView, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from operator import itemgetter
from pathlib import Path
from time import monotonic
from traceback import extract_tb
from typing import Any, cast

from migrator.backfill.batch import BatchJob, begin_reading, piece_conditions
from migrator.backfill.keyset import column_types
from migrator.backfill.pieces import Piece
from migrator.backfill.sources.returned_values import Target, read_target
from migrator.backfill.sources.row_portions import Portion, RowPortions
from migrator.backfill.sources.row_writes import Chosen, RowWriter, places_of, places_read
from migrator.backfill.spec import BackfillSpec
from migrator.errors import DatabaseFailed, InputError, MigratorError
from migrator.pg.driver import Connection, Row, errors, sql
from migrator.pg.reopened import ReopenedSession

RowsToRows = Callable[[Sequence[Mapping[str, Any]]], Iterable[Mapping[str, Any] | None]]
"""Given some rows of a batch (at most 4,000), returns for each, in their order, the values of `writes`; None leaves the
row alone."""
_Mappings = Callable[[Sequence[tuple[Any, ...]]], list[Row]]
_WAITING = 1
"""Portions that may wait for the server, so that it does not wait for us."""
_COMMA = sql.SQL(", ")


@dataclass(frozen=True, slots=True)
class PythonRows:
    """Calls a function of the project with the rows of a batch and writes back what it returns."""

    name: str
    function: RowsToRows
    columns: tuple[str, ...]
    """Those that are written."""
    reads: tuple[str, ...]
    reader: ReopenedSession | None = None
    """The session that rows are read in; without one, that of the batch."""
    portions: RowPortions = field(default_factory=RowPortions)
    is_striped: bool = True
    is_per_partition: bool = True

    @classmethod
    def load(cls, spec: BackfillSpec, reader: ReopenedSession | None = None) -> "PythonRows":
        """Import the function; its module must be importable where the backfill runs (PYTHONPATH).

        Raises:
            InputError: there is no such module or function.
        """
        name = spec.python or ""
        module, _, function = name.partition(":")
        try:
            found = getattr(import_module(module), function)
        except (ImportError, AttributeError) as exc:
            raise InputError(
                f"Backfill {spec.name}: {name} cannot be imported ({exc}).",
                "Correct the name, or put the folder of the package into PYTHONPATH.",
            ) from exc
        return cls(name, found, spec.writes, spec.reads, reader)

    def change(self, connection: Connection, job: BatchJob, piece: Piece) -> int:
        """Read the rows of the piece, ask the function, and write what it returned."""
        target = read_target(connection, job.keyset.oid, job.keyset.table, self.columns)
        queries = self._queries(connection, job, piece, target)
        writer = RowWriter(self.name, connection, job, target)

        def beside(session: Connection) -> int:
            with session.transaction():
                begin_reading(session, job, is_brief=True)
                return self._changed(self.portions.read(session, queries), writer, threads=2)

        if self.reader is not None:
            try:
                return self.reader.look(beside)
            except DatabaseFailed:  # no session is left for us: one is enough
                pass
        return self._changed(self.portions.read(connection, queries), writer, threads=1)

    def _changed(self, found: Iterator[Portion], writer: RowWriter, threads: int) -> int:
        """Work on one portion while the next one is read and the last one written.

        A batch that takes longer than a statement may is given up, to be made smaller: its rows are locked meanwhile.
        One thread does both where there is one session: it takes one word after another.
        """
        writing = deque[Future[int]]()
        written, limit = 0, writer.job.statement_timeout_seconds
        until = monotonic() + limit
        with _servants(threads) as (reads, writes), _uncollected():
            reading = reads.submit(next, found, None)
            while (portion := reading.result()) is not None:
                reading = reads.submit(next, found, None)
                began = monotonic()
                chosen = self._chosen(portion, len(places_of(writer.target)))
                self.portions.took(portion.cursor.rowcount, monotonic() - began, limit)
                if monotonic() > until and reading.result() is not None:
                    raise errors.QueryCanceled(f"{self.name} works on so many rows for longer than {limit:g} s")
                writing.append(writes.submit(writer.write, chosen, writer.ready(chosen)))
                if len(writing) > _WAITING:
                    written += writing.popleft().result()
            return written + sum(each.result() for each in writing)

    def _chosen(self, portion: Portion, places: int) -> Chosen:
        """Return what is to be written; the last columns are those that tell the row's place."""
        rows = portion.load()
        returned = self._returned(_mappings(tuple(portion.names[:-places]))(rows))
        if None in returned:
            rows = [row for row, new in zip(rows, returned, strict=True) if new is not None]
        new = [each for each in returned if each is not None]
        values = {name: list(map(itemgetter(name), new)) for name in self.columns}
        return Chosen([list(map(itemgetter(n), rows)) for n in range(-places, 0)], values, len(rows))

    def statements(self, connection: Connection, job: BatchJob, piece: Piece) -> Sequence[sql.Composed]:
        """Return the queries for the rows; what is written depends on them."""
        target = read_target(connection, job.keyset.oid, job.keyset.table, self.columns)
        return self._queries(connection, job, piece, target)

    def _queries(self, connection: Connection, job: BatchJob, piece: Piece, target: Target) -> Sequence[sql.Composed]:
        wanted = [column.name for column in job.keyset.columns] if self.reads else []
        names = dict.fromkeys([*wanted, *(self.reads or column_types(connection, job.keyset))])
        columns = [sql.Identifier(*job.keyset.table, name) for name in names]
        select = sql.SQL("SELECT {} FROM {} WHERE {}")
        return [
            select.format(_COMMA.join([*columns, *places_read(job, target)]), job.keyset.source, condition)
            for condition in piece_conditions(job, piece)
        ]

    def _returned(self, rows: list[Row]) -> list[Mapping[str, Any] | None]:
        returned = self._asked(rows) if rows else []
        if len(returned) != len(rows):
            raise InputError(
                f"{self.name} returned {len(returned)} rows for {len(rows)}.",
                "Return one for each row, in their order; None leaves a row as it is.",
            )
        wrong = _wrong(returned, set(self.columns))
        if wrong is not None:
            raise InputError(
                f"{self.name} returned {', '.join(map(str, _names(wrong))) or 'nothing'} for a row instead of "
                f"{', '.join(self.columns)}.",
                "Return a mapping with the columns of `writes` for each row, or None.",
            )
        return returned

    def _asked(self, rows: list[Row]) -> list[Mapping[str, Any] | None]:
        """An exception of the function is the fault of a row until it is shown that each row raises it."""
        try:
            found: object = self.function(rows)
            if isinstance(found, Iterable):
                return list(found)
        except MigratorError:
            raise
        except Exception as exc:
            place = extract_tb(exc.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            raise errors.ExternalRoutineException(f"{self.name} raised {type(exc).__name__}: {exc} ({where})") from exc
        raise InputError(
            f"{self.name} returned {found!r} for {len(rows)} rows.",
            "Return one mapping for each row, in their order; None leaves a row as it is.",
        )


@contextmanager
def _servants(count: int) -> Generator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    """Give a thread that reads and one that writes, which may be the same; both are idle at the end."""
    with ThreadPoolExecutor(1, "migrator-reads") as reads:
        if count == 1:
            yield reads, reads
        else:
            with ThreadPoolExecutor(1, "migrator-writes") as writes:
                yield reads, writes


@contextmanager
def _uncollected() -> Generator[None]:
    """Let no garbage be looked for during a batch: thousands of new dictionaries would make that half of its time."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()


@cache
def _mappings(names: tuple[str, ...]) -> _Mappings:
    """Return what makes dictionaries of rows, written out for these names: `dict(zip(…))` takes three times as long.

    It is the longest part of our own work for a row, as in `collections.namedtuple`, which does the same.
    """
    items = ", ".join(f"{name!r}: row[{place}]" for place, name in enumerate(names))
    return cast("_Mappings", eval(f"lambda rows: [{{{items}}} for row in rows]", {}))  # noqa: S307 - repr quotes names


def _wrong(returned: list[Mapping[str, Any] | None], wanted: set[str]) -> object:
    """Return a row without exactly the columns that are wanted; None when there is none.

    Plain dictionaries of the right length first: to look at each row's names takes ten times as long.
    """
    kinds = set(map(type, returned))
    if kinds == {dict} and set(map(len, cast("list[Row]", returned))) == {len(wanted)}:
        found = returned
        return next((each for name in wanted for each in found if each is not None and name not in each), None)
    return next((each for each in returned if each is not None and _names(each) != wanted), None)


def _names(returned: object) -> KeysView[object] | set[str]:
    if isinstance(returned, Mapping):
        return cast("Mapping[object, object]", returned).keys()
    return {f"a {type(returned).__name__}"}
