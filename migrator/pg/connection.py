"""Opening sessions: named, with keepalives, and with timeouts that end an abandoned session.

`connect` is for reading and recording; `migrator.pg.session` adds the runner's lock for sessions that run DDL.
"""

import json
import re
from functools import partial

from migrator.errors import ConfigError, DatabaseFailed
from migrator.pg.driver import Connection, DatabaseError, conninfo_to_dict, dict_row, make_conninfo, set_json_dumps
from migrator.pg.failures import describe

__all__ = ["Connection", "connect", "masked", "server_version"]

_KEEPALIVES = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_OURS = {"client_encoding": "UTF8"}
"""The server converts: files are UTF-8, and names in a database of another encoding must arrive as they are written."""
_AS_TEXT = partial(json.dumps, ensure_ascii=False)
r"""Letters in JSON as they are: a database in SQL_ASCII refuses `\u00e4`."""
_ABANDONED = """
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
    SET idle_in_transaction_session_timeout = '60s';
    SET row_security = off; SET default_transaction_isolation = 'read committed'; SET jit = off
"""
"""The server notices a client that is gone without a word, and gives its locks back; a policy that hides rows from a
role is an error instead of a backfill that leaves them out; a turn that was waited for must show what the one before
left, whatever a role's default isolation is; compiling a query of the catalog takes longer than running it."""
_AS_READ = """
    SET standard_conforming_strings = on; SET DateStyle = ISO; SET IntervalStyle = postgres; SET extra_float_digits = 1
"""
"""Backslashes mean what they meant to the parser that judged the files; dates, intervals and numbers come in the form
that the driver reads, without loss, whatever a role or database prefers."""
_UNLIMITED = """
    SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
    WHERE name IN ('idle_session_timeout', 'transaction_timeout')
"""
"""Limits that a role or database may have, and that would end this session: it holds the runner's lock, idle, while
a backfill runs for hours on another one, it validates constraints for hours in one transaction, and it reads a
catalog in one."""
_PUBLIC_FIRST = """
    SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'public', pg_catalog.string_agg(
               pg_catalog.quote_ident(s.name), ', ' ORDER BY s.place)), false)
    FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS s (name, place)
    WHERE s.name OPERATOR(pg_catalog.<>) ALL (ARRAY['public', 'pg_catalog']::pg_catalog.name[])
"""
"""A name without a schema means public, as in plans and claims, whatever a role's path is; the rest of that path stays
for functions of extensions. PostgreSQL's own names come before all: a path may list pg_catalog behind others."""
_UNCOUNTED = """
    SELECT set_config('pg_stat_statements.track', 'none', false)
    WHERE has_parameter_privilege('pg_stat_statements.track', 'SET')
"""
_UNCOUNTED_BEFORE_15 = """
    SELECT set_config('pg_stat_statements.track', 'none', false)
    FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper
"""
"""Our own statements name what is to be removed, and are no evidence against it. A role that is no superuser may say so
since PostgreSQL 15, after GRANT SET ON PARAMETER pg_stat_statements.track."""
_PARAMETERS_ARE_GRANTED_SINCE = 150000
_CHECK_CONNECTION_SINCE = 140000
"""client_connection_check_interval exists since PostgreSQL 14: a killed client's statement ends within it."""

_PREFIX = re.compile(r"(?<= failed: )connection (?:failed|is bad): ")
"""The driver's words before libpq's own, which say it better."""


def connect(dsn: str, *, application_name: str = "migrator", connect_timeout: int = 10) -> Connection:
    """Open an autocommit session with dictionary rows.

    Raises:
        ConfigError: the connection string cannot be read.
        DatabaseFailed: the server cannot be reached or refuses us.
    """
    try:
        given = conninfo_to_dict(dsn)
    except DatabaseError as exc:
        raise ConfigError("The connection string cannot be read.", "Use a postgresql:// URL or key=value.") from exc
    settings = {"connect_timeout": connect_timeout, **_KEEPALIVES, **given, **_OURS}
    settings["application_name"] = application_name[:63]
    try:
        connection = Connection.connect(make_conninfo("", **settings), autocommit=True, row_factory=dict_row)
    except DatabaseError as exc:
        raise _unreachable(dsn, exc) from exc
    try:
        _make_ours(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_ours(connection: Connection) -> None:
    set_json_dumps(_AS_TEXT, connection)
    connection.prepare_threshold = None  # DDL beside us would break cached plans ("must not change result type")
    if server_version(connection) >= _CHECK_CONNECTION_SINCE:
        connection.execute("SET client_connection_check_interval = '5s'")
    connection.execute(_AS_READ)
    connection.execute(_UNLIMITED)
    connection.execute(_PUBLIC_FIRST)
    connection.execute(_ABANDONED)
    is_granted = server_version(connection) >= _PARAMETERS_ARE_GRANTED_SINCE
    connection.execute(_UNCOUNTED if is_granted else _UNCOUNTED_BEFORE_15)


def server_version(connection: Connection) -> int:
    """Return the server's version number: 160004 for 16.4."""
    return connection.info.server_version


def masked(dsn: str) -> str:
    """Return the connection string for output: every secret is replaced by `***`."""
    try:
        parts = conninfo_to_dict(dsn)
    except DatabaseError:
        return "(unreadable connection string)"
    return make_conninfo("", **{k: "***" if "password" in k else v for k, v in parts.items()})


def _unreachable(dsn: str, exc: DatabaseError) -> DatabaseFailed:
    described = describe(exc, f"Connecting to {masked(dsn) or 'the default server'}")
    todo = described.todo if dsn else "No database was named: give --dsn, or set MIGRATOR_DSN or libpq's PG* variables."
    return DatabaseFailed(_PREFIX.sub("", described.situation), todo, **described.details)
