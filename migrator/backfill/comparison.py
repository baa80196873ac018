"""The SQL of verification: which rows of a range still need the backfill, which differ, and how they are put right."""

from collections.abc import Iterator
from dataclasses import dataclass

from migrator.backfill.keyset import Key, KeyRange, column_types, key_as_text, range_conditions
from migrator.backfill.parts import Part
from migrator.backfill.spec import BackfillSpec
from migrator.errors import InputError
from migrator.pg.driver import Connection, sql
from migrator.pg.fragment import Fragment, TypeName

_COMMA = sql.SQL(", ")
_OR = sql.SQL(" OR ")
_NEVER = sql.SQL("false")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a row of one part of a table is asked."""

    part: Part
    spec: BackfillSpec
    remaining: sql.Composable
    """True for a row that matches `where`."""
    different: sql.Composable
    """True for a row that does not hold what `set` says."""

    @classmethod
    def read(cls, connection: Connection, part: Part, spec: BackfillSpec) -> "Comparison":
        """Return the comparison for a part.

        Raises:
            InputError: a column of `set` does not exist.
        """
        remaining = _NEVER if spec.where is None else Fragment(spec.where)
        different = _NEVER
        if spec.compare and spec.set:
            types = column_types(connection, part.keyset)
            missing = [column for column in spec.set if column not in types]
            if missing:
                raise InputError(
                    f"{spec.table} has no column {', '.join(missing)}.", "Correct `set` in the manifest, or run expand."
                )
            different = _OR.join(_differs(column, text, types[column]) for column, text in spec.set.items())
        return cls(part, spec, remaining, different)

    def count(self, connection: Connection, keys: KeyRange) -> tuple[int, int, int]:
        """Return how many rows the range has, how many of them are left and how many differ."""
        rows = remaining = different = 0
        for condition in range_conditions(self.part.keyset, keys):
            statement = sql.SQL(
                "SELECT count(*) AS rows, count(*) FILTER (WHERE {}) AS remaining,"
                " count(*) FILTER (WHERE {}) AS different FROM {} WHERE {}"
            ).format(self.remaining, self.different, self.part.keyset.source, condition)
            row = connection.execute(statement).fetchone() or {}
            rows += row["rows"]
            remaining += row["remaining"]
            different += row["different"]
        return rows, remaining, different

    def wrong_keys(self, connection: Connection, keys: KeyRange, limit: int) -> tuple[Key, ...]:
        """Return the first keys of rows that are left or differ."""
        found: list[Key] = []
        for condition in self._wrong(keys):
            statement = sql.SQL("SELECT {} AS key FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
                key_as_text(self.part.keyset),
                self.part.keyset.source,
                condition,
                self.part.keyset.order(),
                sql.Literal(limit - len(found)),
            )
            found += [tuple(row["key"]) for row in connection.execute(statement)]
            if len(found) >= limit:
                break
        return tuple(found)

    def repairs(self, keys: KeyRange) -> Iterator[sql.Composed]:
        """Yield the UPDATEs that give the rows that are left or differ what `set` says, and touch no others."""
        assignments = _COMMA.join(
            sql.SQL("{} = {}").format(sql.Identifier(column), Fragment(text)) for column, text in self.spec.set.items()
        )
        for condition in self._wrong(keys):
            yield sql.SQL("UPDATE {} SET {} WHERE {}").format(self.part.keyset.source, assignments, condition)

    def _wrong(self, keys: KeyRange) -> Iterator[sql.Composable]:
        for condition in range_conditions(self.part.keyset, keys):
            yield sql.SQL("{} AND ({} OR {})").format(condition, self.remaining, self.different)


def _differs(column: str, text: str, type_name: TypeName) -> sql.Composable:
    """Compare as stored bytes, and only what differs there as text in the C collation.

    `IS DISTINCT FROM` has no operator for json and xml, and calls 'A' and 'a' equal under citext and some collations.
    """
    name = sql.Identifier(column)
    wanted = sql.SQL("CAST({} AS {})").format(Fragment(text), type_name)
    return sql.SQL(
        "(pg_catalog.record_image_ne(ROW({0}), ROW({1}))"
        ' AND {0}::text COLLATE "C" IS DISTINCT FROM {1}::text COLLATE "C")'
    ).format(name, wanted)
