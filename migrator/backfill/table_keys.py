"""Which key a table is walked by, from the catalog, and whether it still is the one that a backfill began with.

The places of a backfill are keys as text. They mean the same rows as long as the same columns of the same table sort
as they did: with another type (int to text) or collation, rows lie between places that were passed and are left out.
So what a place means is recorded when the backfill begins. Called by `parts`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from migrator.backfill import pages
from migrator.backfill.keyset import KeyColumn, Keyset
from migrator.errors import InputError, Refused
from migrator.names import TableName
from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query
from migrator.state import backfills

_BEGIN_AGAIN = (
    "`migrator backfill restart` begins it again from the first key: `where` leaves out the rows that are done, and "
    "without one every row is set again."
)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What the places of a backfill meant when it began."""

    columns: tuple[tuple[int, str, str], ...]
    """Number, name, and how it sorts."""
    table: int | None
    """None: the database was restored from a dump meanwhile, which gives all tables new oids."""

    @classmethod
    def of(cls, keyset: Keyset) -> "KeyRecord":
        """Return it for a way along a table."""
        columns = ((column.number, column.name, column.sorted) for column in keyset.columns)
        return cls(tuple(columns), keyset.oid)

    @classmethod
    def read(cls, stored: Mapping[str, Any], *, is_restored: bool) -> "KeyRecord":
        """Return it as it was stored."""
        columns = ((number, name, order) for number, name, order in stored["columns"])
        return cls(tuple(columns), None if is_restored else stored["table"])

    def stored(self) -> dict[str, Any]:
        """Return it for the record."""
        return {"table": self.table, "columns": [list(column) for column in self.columns]}

    def is_of_another(self, table: int) -> bool:
        """Return whether the table of this oid is not the one that the backfill began with."""
        return self.table is not None and table != self.table

    def means(self, columns: tuple[KeyColumn, ...]) -> bool:
        """Return whether places in this key mean the rows that they meant."""
        now = [(each.number, each.name, each.sorted) for each in columns]
        if self.table is None:  # columns that were dropped are not in a dump: the others have new numbers
            return [column[1:] for column in self.columns] == [column[1:] for column in now]
        return [(number, order) for number, _, order in self.columns] == [(number, order) for number, _, order in now]

    def refuse_another(self, keyset: Keyset) -> None:
        """Raise when the places mean other rows now.

        Raises:
            Refused: the table is another one, or its key is.
        """
        if self.is_of_another(keyset.oid):
            raise Refused(
                f"{keyset.table} is not the table that its backfill began with: that one was dropped and made again, "
                "or another one got its name. Its ranges mean other rows now.",
                _BEGIN_AGAIN,
            )
        if not self.means(keyset.columns):
            now = KeyRecord.of(keyset)
            raise Refused(
                f"The key of {keyset.table} was {self} when its backfill began, and is {now}: its ranges mean other "
                "rows now.",
                _BEGIN_AGAIN,
            )

    def __str__(self) -> str:
        """Return words for messages."""
        return ", ".join(f"{name} (sorted as {order})" for _, name, order in self.columns)


@dataclass(frozen=True, slots=True)
class KeyRecords:
    """What places meant when the backfill began, by part."""

    parts: Mapping[str, KeyRecord]

    @classmethod
    def of(cls, connection: Connection, migration: str, name: str) -> "KeyRecords":
        """Return what was recorded; nothing of a backfill that an older version began."""
        walked, is_restored = backfills.walked(connection, migration, name)
        return cls({part: KeyRecord.read(stored, is_restored=is_restored) for part, stored in walked.items()})

    def of_part(self, name: str | None) -> KeyRecord | None:
        """Return that of a part; None: it was not recorded."""
        return self.parts.get(name or "")


def refuse_another_width(keyset: Keyset, width: int) -> None:
    """Raise when the key has another number of columns: all that is known of a backfill begun by an older version.

    Raises:
        Refused: begin again.
    """
    if width != len(keyset.columns):
        raise Refused(
            f"The key of {keyset.table} has {len(keyset.columns)} columns and had {width} when its backfill began: its "
            "ranges mean other rows now.",
            _BEGIN_AGAIN,
        )


def read_keyset(connection: Connection, table: TableName, begun: KeyRecord | None = None) -> Keyset:
    """Return the key that a backfill began with; else the primary key, or the shortest unique index over NOT NULL.

    Raises:
        InputError: no such table, it cannot be updated in place, some rows are hidden from us, or it has no such key.
    """
    row = connection.execute(
        query("batches.relation", "migrator.backfill"), {"schema": table.schema, "table": table.name}
    ).fetchone()
    if row is None or row["relkind"] not in ("r", "p"):
        what = "does not exist" if row is None else "is not a table"
        raise InputError(f"{table} {what} in this database.", "Correct the table's name, or run expand first.")
    if row["is_hidden"]:
        raise InputError(
            f"Row-level security of {table} hides rows from role {row['role']}: a backfill would leave them out.",
            f"Run it as a role with BYPASSRLS, or as the owner after ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY.",
        )
    found = connection.execute(query("batches.key_columns", "migrator.backfill"), {"table": row["oid"]}).fetchall()
    fit = [each for each in found if each["reason"] is None]
    if not fit:
        raise _no_key(table, found)
    keys = {index: tuple(map(_column, columns)) for index, columns in groupby(fit, itemgetter("index"))}
    same = [index for index, columns in keys.items() if begun is not None and begun.means(columns)]
    index = (same or list(keys))[0]
    return Keyset(table, row["oid"], index, keys[index])


def _column(row: Row) -> KeyColumn:
    how = (row["is_domain"], row["is_null_first"], row["number"], row["sorted"], row["is_reversed"])
    return KeyColumn(row["column"], row["type_schema"], row["type"], *how)


def _no_key(table: TableName, unfit: Iterable[Row]) -> InputError:
    """Return the refusal; it names each unique index that there is and why it does not serve."""
    reasons = {each["index"]: each["reason"] for each in unfit}
    named = "".join(f" {index} does not serve: {reason}." for index, reason in reasons.items())
    return InputError(
        f"{table} has no primary key and no unique index over NOT NULL columns, so a batch has no boundaries.{named}",
        "Add one first: CREATE UNIQUE INDEX CONCURRENTLY over columns that are NOT NULL; or, where no key is possible, "
        'walk by pages (by = "ctid").',
    )


def read_pages(connection: Connection, table: TableName) -> Keyset:
    """Return the way along a table's pages, for a table without a key.

    Raises:
        InputError: no such table, or the server cannot read a range of pages.
    """
    oid, rows_per_page = pages.read(connection, table)
    return Keyset(table, oid, "", (KeyColumn("ctid", "pg_catalog", "tid"),), rows_per_page)
