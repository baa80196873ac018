"""`[locks] on_blocked`: which sessions in the way may be ended, and the record of each one that was.

Off by default. Only client sessions on the allow-list that have been idle in a transaction, in one query, or (with
`terminate`) in one transaction for long enough; never a vacuum, a replica, a background worker, or another run of
migrator. The audit row is committed before the session is touched.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.config import LockSettings
from migrator.pg.blocking import BlockingSession, blocking_sessions, end_blocking
from migrator.pg.driver import Connection, errors
from migrator.state.store import Store

_CLIENT = "client backend"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A session that was told to end what it did, and why it may be."""

    session: BlockingSession
    reason: str


def reason_to_cancel(session: BlockingSession, settings: LockSettings) -> str | None:
    """Return in words why the settings allow to end what the session does; None when they do not."""
    if not _may_be_ended(session, settings):
        return None
    idle_limit, query_limit = settings.cancel_idle_after, settings.cancel_query_after
    if session.is_idle and (session.state_seconds or 0) >= idle_limit.total_seconds():
        return f"idle in transaction for {session.state_seconds:.0f} s"
    if session.state == "active" and (session.query_seconds or 0) >= query_limit.total_seconds():
        return f"in one query for {session.query_seconds:.0f} s"
    return None


def reason_to_terminate(session: BlockingSession, settings: LockSettings) -> str | None:
    """Return in words why the settings allow to end the session by its transaction; None when they do not."""
    if settings.on_blocked != "terminate" or not _may_be_ended(session, settings):
        return None
    if (session.transaction_seconds or 0) < settings.terminate_after.total_seconds():
        return None
    return f"in one transaction for {session.transaction_seconds:.0f} s; its session was ended"


def _may_be_ended(session: BlockingSession, settings: LockSettings) -> bool:
    application, role = session.application or "", session.role or ""
    if settings.on_blocked == "wait" or session.backend_type != _CLIENT or session.backend_start is None:
        return False
    return not re.match(r"migrator(/|\Z)", application) and _is_listed(application, role, settings)


def _is_listed(application: str, role: str, settings: LockSettings) -> bool:
    return any(_matches(pattern, application) for pattern in settings.cancel_applications) or any(
        _matches(pattern, role) for pattern in settings.cancel_roles
    )


def _matches(pattern: str, text: str) -> bool:
    return bool(text) and re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def cancel_allowed(
    connection: Connection, actor: str, migration: str, pids: Iterable[int], settings: LockSettings
) -> tuple[Cancelled, ...]:
    """End what the sessions among `pids` do, as far as the settings allow; return those.

    Args:
        connection: the observer's; the one that runs the step is waiting.
        actor: for the audit.
        migration: for the audit.
        pids: sessions that block, or would block, the step.
        settings: the allow-list and the times.
    """
    if settings.on_blocked == "wait":
        return ()
    store = Store(connection, actor)
    done: list[Cancelled] = []
    for session in blocking_sessions(connection, pids):
        with_session = reason_to_terminate(session, settings)
        reason = with_session or reason_to_cancel(session, settings)
        if reason is not None and _end(store, migration, session, reason, with_session=with_session is not None):
            done.append(Cancelled(session, reason))
    return tuple(done)


def _end(store: Store, migration: str, session: BlockingSession, reason: str, *, with_session: bool) -> bool:
    detail = {
        "pid": session.pid,
        "application": session.application,
        "role": session.role,
        "query": session.query,
        "reason": reason,
    }
    store.audit("blocker.cancelled", migration, detail)
    try:
        return end_blocking(store.connection, session, with_session=with_session)
    except errors.InsufficientPrivilege as exc:
        problem = exc.diag.message_primary or "not permitted"
        store.audit("blocker.cancel_refused", migration, {**detail, "error": problem})
        return False
