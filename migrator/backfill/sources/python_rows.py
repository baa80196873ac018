"""`python = "package.module:function"`: values that SQL cannot compute, rows in and rows out, a batch at a time.

    def normalize(rows: Sequence[Mapping[str, Any]]) -> Iterable[Mapping[str, Any] | None]:
        return [{"mail": canonical(row["email"])} for row in rows]

A row that the application changes between our reading and our writing is not overwritten with a value made of its old
state: the batch is tried again. Rows go in portions, each written by one statement that finds them by their place in
the table.
"""

import gc
from collections.abc import Callable, Generator, Iterable, KeysView, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from typing import Any, cast

from migrator.backfill.batch import BatchJob, piece_conditions
from migrator.backfill.keyset import column_types
from migrator.backfill.pieces import Piece
from migrator.backfill.sources.returned_values import (
    Column,
    Target,
    Values,
    as_arrays,
    as_texts,
    read_target,
    without_placeholder,
)
from migrator.backfill.sources.row_portions import Portion, RowPortions
from migrator.backfill.spec import BackfillSpec
from migrator.errors import InputError, MigratorError
from migrator.pg.driver import Connection, Cursor, DatabaseError, Row, errors, sql

RowsToRows = Callable[[Sequence[Mapping[str, Any]]], Iterable[Mapping[str, Any] | None]]
"""Given some rows of a batch (at most 2,000), returns for each, in their order, the values of `writes`; None leaves the
row alone."""

_COMMA = sql.SQL(", ")
_SYSTEM = {name: sql.Identifier(name) for name in ("ctid", "xmin", "tableoid")}
_ARRAYS = {"ctid": sql.SQL("%s::tid[]"), "xmin": sql.SQL("%s::xid[]"), "tableoid": sql.SQL("%s::oid[]")}
_READ = {"ctid": sql.SQL("{}.{}"), "xmin": sql.SQL("{}.{}"), "tableoid": sql.SQL("{}.{}::text")}
"""As texts: the driver has no type of its own for the first two, and a cast would cost the server some percent."""
_WRITTEN = sql.Identifier("migrator_written")
_Form = Callable[[Connection, Column, list[Any]], Values]
_Update = tuple[sql.Composed, list[object]]
"""The statement with its parameters."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Rows that are to be written: one list of each part of their places, and one of each column's new values."""

    places: list[list[str]]
    values: Mapping[str, list[Any]]
    count: int


@dataclass(frozen=True, slots=True)
class PythonRows:
    """Calls a function of the project with the rows of a batch and writes back what it returns."""

    name: str
    function: RowsToRows
    columns: tuple[str, ...]
    """Those that are written."""
    reads: tuple[str, ...]
    portions: RowPortions = field(default_factory=RowPortions)
    is_striped: bool = True
    is_per_partition: bool = True

    @classmethod
    def load(cls, spec: BackfillSpec) -> "PythonRows":
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
        return cls(name, found, spec.writes, spec.reads)

    def change(self, connection: Connection, job: BatchJob, piece: Piece) -> int:
        """Read the rows of the piece, ask the function, and write what it returned.

        The server writes one portion and reads the next but one while the function works: what it is asked goes
        through one thread, one after another, on the one connection of the batch.
        """
        target = read_target(connection, job.keyset.oid, job.keyset.table, self.columns)
        found = self.portions.read(connection, self._queries(connection, job, piece, target))
        writing: Future[int] | None = None
        written = 0
        with ThreadPoolExecutor(1, thread_name_prefix="migrator-rows") as server, _uncollected():
            reading = server.submit(next, found, None)
            while (portion := reading.result()) is not None:
                reading = server.submit(next, found, None)
                chosen = self._chosen(portion, len(_places(target)))
                written += 0 if writing is None else writing.result()
                update = self._ready(connection, job, target, chosen) if chosen.count else None
                writing = server.submit(self._write, connection, job, target, chosen, update)
            return written + (0 if writing is None else writing.result())

    def _chosen(self, portion: Portion, places: int) -> _Chosen:
        """Return what is to be written; the last columns are those that tell the row's place."""
        given, rows = portion.names[:-places], portion.load()
        returned = self._returned([dict(zip(given, row, strict=False)) for row in rows])
        if None in returned:
            rows = [row for row, new in zip(rows, returned, strict=True) if new is not None]
        new = [each for each in returned if each is not None]
        values = {name: [each[name] for each in new] for name in self.columns}
        return _Chosen([[row[n] for row in rows] for n in range(-places, 0)], values, len(rows))

    def statements(self, connection: Connection, job: BatchJob, piece: Piece) -> Sequence[sql.Composed]:
        """Return the queries for the rows; what is written depends on them."""
        target = read_target(connection, job.keyset.oid, job.keyset.table, self.columns)
        return self._queries(connection, job, piece, target)

    def _queries(self, connection: Connection, job: BatchJob, piece: Piece, target: Target) -> Sequence[sql.Composed]:
        wanted = [column.name for column in job.keyset.columns] if self.reads else []
        names = dict.fromkeys([*wanted, *(self.reads or column_types(connection, job.keyset))])
        columns = [sql.Identifier(*job.keyset.table, name) for name in names]
        places = [_READ[name].format(job.keyset.source, column) for name, column in _places(target).items()]
        select = sql.SQL("SELECT {} FROM {} WHERE {}")
        return [
            select.format(_COMMA.join([*columns, *places]), job.keyset.source, condition)
            for condition in piece_conditions(job, piece)
        ]

    def _returned(self, rows: list[Row]) -> list[Mapping[str, Any] | None]:
        returned = self._asked(rows) if rows else []
        if len(returned) != len(rows):
            raise InputError(
                f"{self.name} returned {len(returned)} rows for {len(rows)}.",
                "Return one for each row, in their order; None leaves a row as it is.",
            )
        wanted = set(self.columns)
        wrong = next((each for each in returned if each is not None and not _has(each, wanted)), None)
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

    def _ready(self, connection: Connection, job: BatchJob, target: Target, chosen: _Chosen) -> _Update:
        try:
            return _built(connection, job, target, chosen, as_arrays)
        except DatabaseError as exc:
            raise self._untaken(exc) from exc

    def _untaken(self, exc: DatabaseError) -> DatabaseError:
        return errors.ExternalRoutineException(f"{self.name} returned what no column takes: {exc}")

    def _write(
        self, connection: Connection, job: BatchJob, target: Target, chosen: _Chosen, update: _Update | None
    ) -> int:
        """What the driver cannot take as an array it may take as texts; it refuses before anything is sent."""
        if update is None:
            return 0
        try:
            return self._counted(connection, job, target, chosen, connection.execute(*update))
        except DatabaseError as exc:
            if exc.sqlstate is not None or connection.closed:
                raise
        try:
            update = _built(connection, job, target, chosen, as_texts)
            return self._counted(connection, job, target, chosen, connection.execute(*update))
        except DatabaseError as exc:
            if exc.sqlstate is not None or connection.closed:
                raise
            raise self._untaken(exc) from exc

    def _counted(self, connection: Connection, job: BatchJob, target: Target, chosen: _Chosen, answer: Cursor) -> int:
        """Return the rows written; those that a trigger of the table let be are as they were, and verification's."""
        missing = chosen.count - answer.rowcount
        if missing and missing != _still_there(connection, job, target, chosen):
            raise errors.SerializationFailure(f"{missing} rows were changed by others while {self.name} worked on them")
        return answer.rowcount


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


def _has(returned: Mapping[str, Any], wanted: set[str]) -> bool:
    kind = type(returned)  # a plain dictionary first: the general test takes ten times as long, for each row
    return (returned.keys() if kind is dict else _names(returned)) == wanted


def _names(returned: object) -> KeysView[object] | set[str]:
    if isinstance(returned, Mapping):
        return cast("Mapping[object, object]", returned).keys()
    return {f"a {type(returned).__name__}"}


def _places(target: Target) -> Mapping[str, sql.Identifier]:
    """Return what tells a row and its version: also its table, where more than one has rows at the same place."""
    return _SYSTEM if target.has_children else {name: column for name, column in _SYSTEM.items() if name != "tableoid"}


def _built(connection: Connection, job: BatchJob, target: Target, chosen: _Chosen, form: _Form) -> _Update:
    values = [form(connection, column, chosen.values[name]) for name, column in target.columns.items()]
    return _update(job, target, values), [*_place_arrays(chosen), *(each.parameter for each in values)]


def _still_there(connection: Connection, job: BatchJob, target: Target, chosen: _Chosen) -> int:
    """Return how many of the rows are the versions that were read."""
    names, conditions = _place_names(job, target)
    counted = sql.SQL("SELECT count(*) AS rows FROM {}, unnest({}) AS {} ({}) WHERE {}").format(
        without_placeholder(*job.keyset.table),
        _COMMA.join(_ARRAYS[name] for name in _places(target)),
        _WRITTEN,
        _COMMA.join(names),
        conditions,
    )
    row = connection.execute(counted, _place_arrays(chosen)).fetchone()
    return int(row["rows"]) if row else 0


def _place_arrays(chosen: _Chosen) -> list[str]:
    return ['{"' + '","'.join(each) + '"}' for each in chosen.places]


def _place_names(job: BatchJob, target: Target) -> tuple[list[sql.Identifier], sql.Composed]:
    """Return names for the parts of a row's place, and the condition that finds the row by them."""
    source, places = without_placeholder(*job.keyset.table), _places(target)
    names = {name: sql.Identifier(f"migrator {name}") for name in places}
    found = [sql.SQL("{}.{} = {}.{}").format(source, places[name], _WRITTEN, names[name]) for name in places]
    return list(names.values()), sql.SQL(" AND ").join(found)


def _update(job: BatchJob, target: Target, values: list[Values]) -> sql.Composed:
    names, conditions = _place_names(job, target)
    new = [without_placeholder(each.column.name) for each in values]
    return sql.SQL("UPDATE {} SET {} FROM unnest({}) AS {} ({}) WHERE {}").format(
        without_placeholder(*job.keyset.table),
        _COMMA.join(each.assignment(_WRITTEN) for each in values),
        _COMMA.join([*(_ARRAYS[name] for name in _places(target)), *(each.array for each in values)]),
        _WRITTEN,
        _COMMA.join([*names, *new]),
        conditions,
    )
