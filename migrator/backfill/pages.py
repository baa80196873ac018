"""The way along a table without a key: by its pages, the ctid of its rows.

Opt-in (`by = "ctid"`), because an update moves a row to another page: a row that the application moves from a page
that is still to come to one that is passed is met by no batch, and one moved the other way is met twice. So `where`
must say which rows still need it, and a sync trigger (or a second run) must take care of rows that the application
updates meanwhile; verification counts what is left. VACUUM FULL, CLUSTER and the like give all rows new places: a
backfill that finds the table rewritten since it began stops and says so.
"""

import math

from migrator.errors import InputError, Refused
from migrator.names import TableName
from migrator.pg.driver import Connection
from migrator.pg.queries import query
from migrator.state.places import Key

_LAST_ROW = 65535
_SUPPOSED_ROWS_PER_PAGE = 50.0
"""Of a table that was never analysed."""


def read(connection: Connection, table: TableName) -> tuple[int, float]:
    """Return the table's oid, and about how many rows a page has.

    Raises:
        InputError: no such table, it has no pages of its own, or others inherit from it.
    """
    values = {"schema": table.schema, "table": table.name}
    row = connection.execute(query("batches.page_density", "migrator.backfill"), values).fetchone()
    if row is None:
        raise InputError(f"{table} is no table with pages in this database.", "Correct its name, or run expand first.")
    if row["has_children"]:
        raise InputError(
            f"Other tables inherit from {table}: their rows lie on pages of their own, which a walk by ctid does not "
            "pass.",
            "Add a key to walk by: a unique index over columns that are NOT NULL.",
        )
    return row["oid"], max(1.0, row["rows_per_page"] or _SUPPOSED_ROWS_PER_PAGE)


def last_page(connection: Connection, oid: int) -> Key | None:
    """Return the end of the table as it is, with the file that it lies in; None for an empty table."""
    row = connection.execute(query("batches.last_page", "migrator.backfill"), {"table": oid}).fetchone()
    return (_end_of(row["page"]), str(row["file"])) if row and row["page"] >= 0 else None


def next_page(after: Key | None, end: Key, pages: float) -> Key:
    """Return the end of the next so many pages, or `end` when fewer are left."""
    last = -1 if after is None else _page(after)
    upto = last + max(1, math.ceil(pages))
    return (_end_of(upto),) if upto < _page(end) else end


def refuse_rewritten(connection: Connection, oid: int, table: TableName, end: Key | None) -> None:
    """Raise when the table lies in another file than at the start.

    Raises:
        Refused: its rows have other places now.
    """
    row = connection.execute(query("batches.last_page", "migrator.backfill"), {"table": oid}).fetchone()
    if row is not None and end is not None and str(row["file"]) != end[1]:
        raise Refused(
            f"{table} was rewritten (VACUUM FULL, CLUSTER, ALTER TABLE) since its backfill by ctid began: its rows "
            "have other places now.",
            "`migrator backfill restart` begins it again; `where` leaves out the rows that are done.",
        )


def _page(key: Key) -> int:
    return int(key[0].strip("()").partition(",")[0])


def _end_of(page: int) -> str:
    return f"({page},{_LAST_ROW})"
