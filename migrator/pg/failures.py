"""What the server's refusals mean for the person at the keyboard: SQLSTATE -> our error with what to do."""

from collections.abc import Generator
from contextlib import contextmanager

from migrator.errors import DatabaseFailed
from migrator.pg.driver import DatabaseError, errors

_TODO: dict[str, str] = {
    "28P01": "Check the password (environment, .pgpass or service file).",
    "28000": "Check the user and the server's pg_hba.conf.",
    "3D000": "Create the database, or correct its name in the connection string.",
    "42501": "Connect as the tables' owner or a role that inherits from it, or grant the privilege named above. A "
    "member that does not inherit puts options=-crole=OWNER into the connection string.",
    "42P01": "Run `migrator init` when a table of schema migrator is missing; otherwise check the name. In an "
    "expression a column is written alone or as table.column, and a table in a sub-select needs its own FROM.",
    "3F000": "Run `migrator init` first: it creates the schema migrator.",
    "22P05": "The database's encoding (SHOW server_encoding) has no such character: write files, names and reasons "
    "without it. Nothing of this statement was kept.",
    "53100": "The server's disk is full: make room, then run the command again.",
    "53300": "The server has no free connection slot: try again later or raise max_connections.",
    "25P03": "Nothing was kept of this transaction: run `migrator resume`; it stood idle for longer than it may.",
    "25P04": "Nothing was kept of this transaction: split the step into smaller ones, or raise [locks] "
    "transaction_timeout; then run `migrator resume`.",
    "57P01": "The server was shut down or restarted: run `migrator resume` when it is back.",
    "57P03": "The server is starting up or shutting down: try again in a moment.",
    "25006": "This server is a replica, or default_transaction_read_only is on for the role: connect to the primary, "
    "as a role that may write.",
    "57014": "Nothing of this statement was kept. Somebody cancelled it, or a statement_timeout did (SHOW "
    "statement_timeout tells the role's own): look which, then run `migrator resume`.",
}
_ENDS_SESSION = {"25P03", "25P04"}
"""Timeouts of a transaction after which the server closes the session."""
_EXPLAINED = ("0A", "2B", "42", "55")
"""Classes whose DETAIL names objects: what depends, what is missing. That of others may quote what is in a row."""
_LONGEST_DETAIL = 400
_CONNECTION_LOST = (
    "Check that the server is up and reachable and that host, port, user, password and database are right, "
    "then run the same command (or `migrator resume`) again."
)


def is_connection_loss(exc: DatabaseError) -> bool:
    """Return whether the session is gone, so that what it was doing is known only to the server."""
    state = exc.sqlstate or ""
    if isinstance(exc, errors.OperationalError | errors.InterfaceError) and not state:
        return True
    return state.startswith(("08", "57P")) or state in _ENDS_SESSION


def todo_of(exc: DatabaseError) -> str:
    """Return what to do about the server's refusal; empty when its code says nothing in particular."""
    state = exc.sqlstate or ""
    return _CONNECTION_LOST if is_connection_loss(exc) and state not in _TODO else _TODO.get(state, "")


def describe(exc: DatabaseError, doing: str) -> DatabaseFailed:
    """Return the error to raise instead of the driver's; the message is the server's primary line."""
    first_line = (str(exc).strip().splitlines() or [type(exc).__name__])[0]
    primary = (exc.diag.message_primary or first_line).rstrip(".")
    state = exc.sqlstate or ""
    code = f" (SQLSTATE {state})" if state else ""
    return DatabaseFailed(
        f"{doing} failed: {primary}{code}.{_detail(exc)}",
        todo_of(exc) or "Correct the cause, then run the same command again; nothing of this statement was kept.",
        sqlstate=state,
    )


def _detail(exc: DatabaseError) -> str:
    text = "; ".join((exc.diag.message_detail or "").splitlines()).rstrip(".")
    if not text or not (exc.sqlstate or "").startswith(_EXPLAINED):
        return ""
    return f" {text[:_LONGEST_DETAIL]}{'...' if len(text) > _LONGEST_DETAIL else '.'}"


@contextmanager
def translated(doing: str) -> Generator[None]:
    """Turn any driver error inside into a `DatabaseFailed` that says what was being done."""
    try:
        yield
    except DatabaseError as exc:
        raise describe(exc, doing) from exc
