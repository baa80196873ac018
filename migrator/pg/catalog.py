"""What the catalog says about tables: one row set per question, never one query per table.

`migrator.schema.catalog` builds the schema in memory from these rows. Everything is read with an empty
`search_path`, so that the server writes every name with its schema and the text means the same in any session.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from migrator.names import TableName
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection, Row
from migrator.pg.failures import translated
from migrator.pg.queries import query

_PUBLICATION_COLUMNS_SINCE = 150000


@dataclass(frozen=True, slots=True)
class CatalogRows:
    """The answers to each question, keyed by the table's oid and in the catalog's order."""

    tables: tuple[Row, ...]
    columns: Mapping[int, list[Row]]
    grants: Mapping[int, list[Row]]
    indexes: Mapping[int, list[Row]]
    constraints: Mapping[int, list[Row]]
    triggers: Mapping[int, list[Row]]
    dependents: Mapping[int, list[Row]]
    types: tuple[Row, ...]
    views: tuple[Row, ...]
    view_texts: tuple[Row, ...]
    functions: tuple[Row, ...]


def read_catalog(connection: Connection, tables: Iterable[TableName] | None) -> CatalogRows:
    """Read the tables (None: every table of the user) with those that refer to them.

    Raises:
        DatabaseFailed: the server refused, or went away.
    """
    with translated("Reading the catalog"), _qualified_names(connection):
        oids = _scope(connection, tables)
        return CatalogRows(
            tables=tuple(_rows(connection, "tables", oids)),
            columns=_by_table(_rows(connection, "columns", oids)),
            grants=_by_table(_rows(connection, "grants", oids)),
            indexes=_by_table(_rows(connection, "indexes", oids)),
            constraints=_by_table(_rows(connection, "constraints", oids)),
            triggers=_by_table(_rows(connection, "triggers", oids)),
            dependents=_by_table(_dependents(connection, oids)),
            types=tuple(connection.execute(query("catalog.types"))),
            views=tuple(connection.execute(query("catalog.views"))),
            view_texts=tuple(_rows(connection, "view_texts", oids)),
            functions=tuple(connection.execute(query("catalog.functions"))),
        )


@contextmanager
def _qualified_names(connection: Connection) -> Generator[None]:
    """Empty the search path for the block; the rollback puts it back, also inside a caller's transaction."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = ''")
        yield


def _scope(connection: Connection, tables: Iterable[TableName] | None) -> list[int]:
    asked = None if tables is None else list(tables)
    values = {
        "schemas": None if asked is None else [table.schema for table in asked],
        "names": None if asked is None else [table.name for table in asked],
    }
    return [row["oid"] for row in connection.execute(query("catalog.scope"), values)]


def _rows(connection: Connection, name: str, oids: Sequence[int]) -> list[Row]:
    return connection.execute(query(f"catalog.{name}"), {"oids": list(oids)}).fetchall()


def _dependents(connection: Connection, oids: Sequence[int]) -> list[Row]:
    rows = _rows(connection, "dependents", oids)
    rows += [{**row, "kind": "text search", "schema": None} for row in _rows(connection, "text_searches", oids)]
    if server_version(connection) < _PUBLICATION_COLUMNS_SINCE:
        return rows
    known = {(row["oid"], row["column"], row["name"]) for row in rows if row["kind"] == "publication"}
    listed = _rows(connection, "publication_columns", oids)
    return rows + [
        {**row, "kind": "publication", "schema": None}
        for row in listed
        if (row["oid"], row["column"], row["name"]) not in known
    ]


def _by_table(rows: Iterable[Row]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["oid"], []).append(row)
    return grouped
