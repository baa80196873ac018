"""`python = "package.module:function"`: values that SQL cannot compute, rows in and rows out, a batch at a time.

    def normalize(rows: Sequence[Mapping[str, Any]]) -> Iterable[Mapping[str, Any] | None]:
        return [{"mail": canonical(row["email"])} for row in rows]

A row that the application changes between our reading and our writing is not overwritten with a value made of its old
state: the batch is tried again. One statement writes all rows of a batch, found by their place in the table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from migrator.backfill.batch import BatchJob, piece_conditions
from migrator.backfill.keyset import column_types
from migrator.backfill.pieces import Piece
from migrator.backfill.spec import BackfillSpec
from migrator.errors import InputError
from migrator.pg.driver import Connection, Jsonb, Row, errors, sql
from migrator.pg.fragment import TypeName

RowsToRows = Callable[[Sequence[Mapping[str, Any]]], Iterable[Mapping[str, Any] | None]]
"""Given the rows of a batch, returns for each, in their order, the values of `writes`; None leaves the row alone."""

_COMMA = sql.SQL(", ")
_PLACE = ("migrator ctid", "migrator xmin")
_WRITTEN = "migrator_written"
_JSON = ("json", "jsonb")


@dataclass(frozen=True, slots=True)
class PythonRows:
    """Calls a function of the project with the rows of a batch and writes back what it returns."""

    name: str
    function: RowsToRows
    columns: tuple[str, ...]
    """Those that are written."""
    reads: tuple[str, ...]
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
        """Read the rows of the piece, ask the function, and write what it returned."""
        types = column_types(connection, job.keyset)
        self._refuse_types(job, types)
        rows = [row for each in self.statements(connection, job, piece) for row in connection.execute(each)]
        if not rows:
            return 0
        places = [(row.pop(_PLACE[0]), row.pop(_PLACE[1])) for row in rows]
        returned = self._returned(rows)
        chosen = [(place, values) for place, values in zip(places, returned, strict=True) if values is not None]
        return self._write(connection, job, types, chosen)

    def statements(self, connection: Connection, job: BatchJob, piece: Piece) -> Sequence[sql.Composed]:
        """Return the queries for the rows; what is written depends on them."""
        wanted = [column.name for column in job.keyset.columns] if self.reads else []
        names = dict.fromkeys([*wanted, *(self.reads or column_types(connection, job.keyset))])
        columns = _COMMA.join(sql.Identifier(*job.keyset.table, name) for name in names)
        select = sql.SQL("SELECT {0}.ctid::text AS {1}, {0}.xmin::text AS {2}, {3} FROM {0} WHERE {4}")
        place = [sql.Identifier(name) for name in _PLACE]
        return [
            select.format(job.keyset.source, *place, columns, condition) for condition in piece_conditions(job, piece)
        ]

    def _returned(self, rows: list[Row]) -> list[Mapping[str, Any] | None]:
        returned = list(self.function(rows))
        if len(returned) != len(rows):
            raise InputError(
                f"{self.name} returned {len(returned)} rows for {len(rows)}.",
                "Return one for each row, in their order; None leaves a row as it is.",
            )
        wanted = set(self.columns)
        wrong = next((values for values in returned if values is not None and set(values) != wanted), None)
        if wrong is not None:
            raise InputError(
                f"{self.name} returned columns {', '.join(map(str, wrong)) or 'none'} instead of "
                f"{', '.join(self.columns)}.",
                "Return the columns of `writes` for each row, or None.",
            )
        return returned

    def _write(
        self,
        connection: Connection,
        job: BatchJob,
        types: Mapping[str, TypeName],
        chosen: list[tuple[tuple[str, str], Mapping[str, Any]]],
    ) -> int:
        values: list[object] = [_array(part) for part in zip(*(place for place, _ in chosen), strict=True)]
        for column in self.columns:
            is_json = types[column].text in _JSON
            values.append([_json(row[column]) if is_json else row[column] for _, row in chosen])
        if not chosen:
            return 0
        written = connection.execute(self._update(job, types), values).rowcount
        if written != len(chosen):
            raise errors.SerializationFailure(
                f"{len(chosen) - written} rows were changed by others while {self.name} worked on them"
            )
        return written

    def _update(self, job: BatchJob, types: Mapping[str, TypeName]) -> sql.Composed:
        made = [sql.Identifier(_WRITTEN, column) for column in self.columns]
        assignments = _COMMA.join(
            sql.SQL("{} = {}").format(sql.Identifier(column), new)
            for column, new in zip(self.columns, made, strict=True)
        )
        arrays = [sql.SQL("%s::tid[], %s::xid[]"), *(sql.SQL("%s::{}[]").format(types[name]) for name in self.columns)]
        names = [sql.Identifier(name) for name in (*_PLACE, *self.columns)]
        statement = "UPDATE {0} SET {1} FROM unnest({2}) AS {3} ({4}) WHERE {0}.ctid = {3}.{5} AND {0}.xmin = {3}.{6}"
        return sql.SQL(statement).format(
            job.keyset.source,
            assignments,
            _COMMA.join(arrays),
            sql.Identifier(_WRITTEN),
            _COMMA.join(names),
            *names[:2],
        )

    def _refuse_types(self, job: BatchJob, types: Mapping[str, TypeName]) -> None:
        for column in self.columns:
            if column not in types:
                raise InputError(f"{job.keyset.table} has no column {column}.", "Correct `writes`, or run expand.")
            if types[column].text.endswith("[]"):
                raise InputError(
                    f"Column {column} is an array, which a Python backfill cannot write.",
                    "Fill it with `set` or `sql`.",
                )


def _array(places: Iterable[str]) -> str:
    return "{" + ",".join(f'"{place}"' for place in places) + "}"


def _json(value: object) -> object:
    return None if value is None else Jsonb(value)
