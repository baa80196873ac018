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
from migrator.pg.driver import Connection, Jsonb, Row, errors, sql, tuple_row
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
        names, found = self._read(connection, job, piece)
        # Our two columns are the last ones: zip leaves them out.
        returned = self._returned([dict(zip(names, row, strict=False)) for row in found])
        chosen = [(row, values) for row, values in zip(found, returned, strict=True) if values is not None]
        return self._write(connection, job, types, chosen) if chosen else 0

    def _read(self, connection: Connection, job: BatchJob, piece: Piece) -> tuple[list[str], list[tuple[Any, ...]]]:
        names: list[str] = []
        found: list[tuple[Any, ...]] = []
        with connection.cursor(row_factory=tuple_row) as cursor:
            for statement in self.statements(connection, job, piece):
                cursor.execute(statement)
                names = [column.name for column in cursor.description or ()][: -len(_PLACE)]
                found += cursor.fetchall()
        return names, found

    def statements(self, connection: Connection, job: BatchJob, piece: Piece) -> Sequence[sql.Composed]:
        """Return the queries for the rows; what is written depends on them."""
        wanted = [column.name for column in job.keyset.columns] if self.reads else []
        names = dict.fromkeys([*wanted, *(self.reads or column_types(connection, job.keyset))])
        columns = _COMMA.join(sql.Identifier(*job.keyset.table, name) for name in names)
        select = sql.SQL("SELECT {1}, {0}.ctid::text, {0}.xmin::text FROM {0} WHERE {2}")
        return [select.format(job.keyset.source, columns, condition) for condition in piece_conditions(job, piece)]

    def _returned(self, rows: list[Row]) -> list[Mapping[str, Any] | None]:
        returned = list(self.function(rows)) if rows else []
        if len(returned) != len(rows):
            raise InputError(
                f"{self.name} returned {len(returned)} rows for {len(rows)}.",
                "Return one for each row, in their order; None leaves a row as it is.",
            )
        wanted = set(self.columns)
        wrong = next((values for values in returned if values is not None and values.keys() ^ wanted), None)
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
        chosen: list[tuple[tuple[Any, ...], Mapping[str, Any]]],
    ) -> int:
        places = '{"' + '","'.join([row[-2] for row, _ in chosen]) + '"}'
        versions = "{" + ",".join([row[-1] for row, _ in chosen]) + "}"
        values = [
            _array([new[column] for _, new in chosen], is_json=types[column].text in _JSON) for column in self.columns
        ]
        written = connection.execute(self._update(job, types), [places, versions, *values]).rowcount
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


def _array(values: list[Any], *, is_json: bool) -> object:
    """Return the parameter for a column; integers go as one text, which is several times quicker than one by one."""
    if is_json:
        return [None if value is None else Jsonb(value) for value in values]
    if set(map(type, values)) == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    return values
