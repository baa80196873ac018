"""Values of a Python function, written into the rows that they were made of: one statement for each portion.

A row is found by its place in the table and its version, so that one that the application changed after we read it is
not overwritten with a value made of its old state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrator.backfill.batch import BatchJob
from migrator.backfill.sources.returned_values import (
    Column,
    Target,
    Values,
    as_arrays,
    as_texts,
    without_placeholder,
)
from migrator.pg.driver import Connection, Cursor, DatabaseError, errors, sql

_COMMA = sql.SQL(", ")
_SYSTEM = {name: sql.Identifier(name) for name in ("ctid", "xmin", "tableoid")}
_ARRAYS = {"ctid": sql.SQL("%s::tid[]"), "xmin": sql.SQL("%s::xid[]"), "tableoid": sql.SQL("%s::oid[]")}
_READ = {"ctid": sql.SQL("{}.{}"), "xmin": sql.SQL("{}.{}"), "tableoid": sql.SQL("{}.{}::text")}
"""As texts: the driver has no type of its own for the first two, and a cast would cost the server some percent."""
_WRITTEN = sql.Identifier("migrator_written")
_Form = Callable[[Connection, Column, list[Any]], Values]
Update = tuple[sql.Composed, list[object]]
"""The statement with its parameters."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows that are to be written: one list of each part of their places, and one of each column's new values."""

    places: list[list[str]]
    values: Mapping[str, list[Any]]
    count: int


@dataclass(frozen=True, slots=True)
class RowWriter:
    """Writes what the function called `name` returned."""

    name: str
    connection: Connection
    job: BatchJob
    target: Target

    def ready(self, chosen: Chosen) -> Update | None:
        """Return the statement for these rows, made while the server does something else; None: there are none.

        Raises:
            ExternalRoutineException: a value is of no type that the driver knows.
        """
        try:
            return self._built(chosen, as_arrays) if chosen.count else None
        except DatabaseError as exc:
            raise self._untaken(exc) from exc

    def write(self, chosen: Chosen, update: Update | None) -> int:
        """Return the rows written; what the driver cannot send as an array it may send as texts.

        Raises:
            SerializationFailure: the application changed some of the rows.
            ExternalRoutineException: a value that no column takes.
        """
        if update is None:
            return 0
        try:
            return self._counted(chosen, self.connection.execute(*update))
        except DatabaseError as exc:
            if exc.sqlstate is not None or self.connection.closed:
                raise
        try:
            return self._counted(chosen, self.connection.execute(*self._built(chosen, as_texts)))
        except DatabaseError as exc:
            if exc.sqlstate is not None or self.connection.closed:
                raise
            raise self._untaken(exc) from exc

    def _untaken(self, exc: DatabaseError) -> DatabaseError:
        return errors.ExternalRoutineException(f"{self.name} returned what no column takes: {exc}")

    def _counted(self, chosen: Chosen, answer: Cursor) -> int:
        """Return the rows written; those that a trigger of the table let be are as they were, and verification's."""
        missing = chosen.count - answer.rowcount
        if missing and missing != self._still_there(chosen):
            raise errors.SerializationFailure(f"{missing} rows were changed by others while {self.name} worked on them")
        return answer.rowcount

    def _built(self, chosen: Chosen, form: _Form) -> Update:
        values = [form(self.connection, column, chosen.values[name]) for name, column in self.target.columns.items()]
        return self._update(values), [*_place_arrays(chosen), *(each.parameter for each in values)]

    def _still_there(self, chosen: Chosen) -> int:
        """Return how many of the rows are the versions that were read."""
        names, conditions = self._place_names()
        counted = sql.SQL("SELECT count(*) AS rows FROM {}, unnest({}) AS {} ({}) WHERE {}").format(
            without_placeholder(*self.job.keyset.table),
            _COMMA.join(_ARRAYS[name] for name in places_of(self.target)),
            _WRITTEN,
            _COMMA.join(names),
            conditions,
        )
        row = self.connection.execute(counted, _place_arrays(chosen)).fetchone()
        return int(row["rows"]) if row else 0

    def _update(self, values: list[Values]) -> sql.Composed:
        names, conditions = self._place_names()
        new = [without_placeholder(each.column.name) for each in values]
        return sql.SQL("UPDATE {} SET {} FROM unnest({}) AS {} ({}) WHERE {}").format(
            without_placeholder(*self.job.keyset.table),
            _COMMA.join(each.assignment(_WRITTEN) for each in values),
            _COMMA.join([*(_ARRAYS[name] for name in places_of(self.target)), *(each.array for each in values)]),
            _WRITTEN,
            _COMMA.join([*names, *new]),
            conditions,
        )

    def _place_names(self) -> tuple[list[sql.Identifier], sql.Composed]:
        """Return names for the parts of a row's place, and the condition that finds the row by them."""
        source, places = without_placeholder(*self.job.keyset.table), places_of(self.target)
        names = {name: sql.Identifier(f"migrator {name}") for name in places}
        found = [sql.SQL("{}.{} = {}.{}").format(source, places[name], _WRITTEN, names[name]) for name in places]
        return list(names.values()), sql.SQL(" AND ").join(found)


def places_of(target: Target) -> Mapping[str, sql.Identifier]:
    """Return what tells a row and its version: also its table, where more than one has rows at the same place."""
    return _SYSTEM if target.has_children else {name: column for name, column in _SYSTEM.items() if name != "tableoid"}


def places_read(job: BatchJob, target: Target) -> list[sql.Composed]:
    """Return the columns of a query that tell a row's place."""
    return [_READ[name].format(job.keyset.source, column) for name, column in places_of(target).items()]


def _place_arrays(chosen: Chosen) -> list[str]:
    return ['{"' + '","'.join(each) + '"}' for each in chosen.places]
