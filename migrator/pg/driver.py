"""psycopg, named once: every other module takes its database types from here or from `migrator.pg.connection`.

Rows are dictionaries; connections are in autocommit and transactions are opened with `connection.transaction()`.
"""

import logging
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row, tuple_row
from psycopg.types.json import Jsonb, set_json_dumps

Row = dict[str, Any]
Connection = psycopg.Connection[Row]
Cursor = psycopg.Cursor[Row]
TupleCursor = psycopg.Cursor[tuple[Any, ...]]
DatabaseError = psycopg.Error

logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what it logs of lost sessions is in our own errors

__all__ = [
    "Connection",
    "Cursor",
    "DatabaseError",
    "Jsonb",
    "Row",
    "TupleCursor",
    "conninfo_to_dict",
    "dict_row",
    "errors",
    "make_conninfo",
    "psycopg",
    "set_json_dumps",
    "sql",
    "tuple_row",
]
