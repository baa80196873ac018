"""`migrator softdrop`: keep the columns that the contract removes from applications for a while, and watch who asks.

It is the test of the contract that can be taken back in a millisecond: a hidden reader fails loudly. The watch looks
at what each session did last; the first statement that needs a column gives everything back.
"""

from dataclasses import dataclass

from migrator.clock import Clock
from migrator.errors import InputError, InvalidTransition, Refused
from migrator.gates.removed_columns import read_names, removed_columns, used_names
from migrator.names import TableName
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.pg.queries import query
from migrator.phases.folder import Migration
from migrator.phases.steps import steps_in
from migrator.references.statement_use import Certainty, StatementUse, use_of
from migrator.state import snapshots, soft_drops
from migrator.state.soft_drops import SoftDrop
from migrator.state.store import Store
from migrator.state.transitions import State
from migrator.statements.effects import ObjectRef

_POLL_SECONDS = 0.05
_MOST_TEXTS = 2000


@dataclass(frozen=True, slots=True)
class Reader:
    """A session whose statement needed the column."""

    pid: int
    role: str
    application: str
    text: str
    why: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.application or 'an unnamed client'} as {self.role} (pid {self.pid}) {self.why}: {self.text}"


def begin_soft_drop(store: Store, migration: Migration, role: str | None = None) -> SoftDrop:
    """Take the columns that the contract removes from all roles, or from one as a canary.

    Raises:
        InvalidTransition: the migration is not migrated, or its contract has begun.
        InputError: the contract removes no column.
        DatabaseError: for example we are not the table's owner; nothing was changed.
    """
    record = store.migration(migration.id)
    if record is None or record.state not in {State.MIGRATED, State.READY}:
        state = record.state.value if record else "pending"
        raise InvalidTransition(
            f"{migration.id} is {state}; what it removes can be kept from applications once it is migrated.",
            f"`migrator status` says what comes next for {migration.id}.",
        )
    columns = removed_columns(store.connection, _removes(store.connection, migration))
    if not columns:
        raise InputError(
            f"The contract of {migration.id} removes no column.", "A table is kept back by the recipe drop_table."
        )
    with store.connection.transaction():
        soft_drops.begin(store.connection, migration.id, columns, role, store.actor)
        found = soft_drops.active(store.connection, migration.id)
        assert found is not None  # noqa: S101 written in this transaction
        snapshots.refresh_grants(store.connection, _tables(found))
        unbound = {each.role: each.why for each in found.unbound}
        store.audit("softdrop.began", migration.id, {"role": role, "unbound": unbound})
    return found


def end_soft_drop(store: Store, migration: str, reason: str) -> bool:
    """Give back what was taken; return False when nothing was on."""
    with store.connection.transaction():
        found = soft_drops.active(store.connection, migration)
        was_on = soft_drops.end(store.connection, migration, reason, store.actor)
        if found is not None and was_on:
            snapshots.refresh_grants(store.connection, _tables(found))
            store.audit("softdrop.ended", migration, {"reason": reason})
    return was_on


def restore_when_missed(store: Store, migration: Migration, clock: Clock, seconds: float) -> Reader | None:
    """Watch for that long; give back at the first statement that needs a column, and return who it was.

    Raises:
        Refused: the server does not show us what others run.
        Stopped: on request; the soft drop stays on.
    """
    connection = store.connection
    row = connection.execute(query("grants.sees_all")).fetchone()
    if not (row and row["sees"]):
        raise Refused(
            "The server does not show this role what others run, so that nobody who fails would be noticed.",
            "GRANT pg_read_all_stats to it, and leave track_activities on.",
        )
    watch = _Watch(store, migration)
    until = clock.monotonic() + seconds
    while clock.monotonic() < until and watch.is_on:
        reader = watch.look()
        if reader is not None:
            end_soft_drop(store, migration.id, f"it was missed by {reader}")
            return reader
        clock.wait(_POLL_SECONDS, "somebody to miss what is kept back")
    return None


class _Watch:
    """Looks at the last statement of each session, each once."""

    def __init__(self, store: Store, migration: Migration) -> None:
        self._connection = store.connection
        self._migration = migration.id
        self._names = used_names(store.connection, _removes(store.connection, migration))
        self._catalog = read_names(store.connection)
        self._seen: dict[int, object] = {}
        self._known: dict[str, StatementUse] = {}

    @property
    def is_on(self) -> bool:
        """Whether the soft drop is still on."""
        self._drop = soft_drops.active(self._connection, self._migration)
        return self._drop is not None

    def look(self) -> Reader | None:
        """Return the first session whose last statement needs it, of a role that it was taken from."""
        drop = self._drop
        if drop is None:
            return None
        unbound = {each.role for each in drop.unbound}
        values = {"since": drop.began_at}
        for row in self._connection.execute(query("grants.last_queries"), values).fetchall():
            is_meant = row["role"] not in unbound and drop.role in (None, row["role"])
            if self._seen.get(row["pid"]) == row["query_start"] or not is_meant:
                continue
            self._seen[row["pid"]] = row["query_start"]
            use = self._use(row["text"])
            if use.certainty is not Certainty.NO:
                return Reader(row["pid"], row["role"], row["application"], row["text"], use.why)
        return None

    def _use(self, text: str) -> StatementUse:
        """Read each text once; clients repeat theirs."""
        if len(self._known) > _MOST_TEXTS:
            self._known.clear()
        if text not in self._known:
            self._known[text] = use_of(text, self._names, self._catalog)
        return self._known[text]


def _tables(found: SoftDrop) -> frozenset[TableName]:
    """Return the tables whose privileges it changed: that is no drift."""
    return frozenset(TableName(saved.schema, saved.table) for saved in found.saved)


def _removes(connection: Connection, migration: Migration) -> tuple[ObjectRef, ...]:
    version = server_version(connection) // 10000
    steps = steps_in(migration.files.get("contract"), "contract", version)
    return tuple(ref for step in steps for ref in step.removes)
