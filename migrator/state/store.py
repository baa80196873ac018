"""Reads and writes of the state tables; the engine's memory across crashes.

Every change of state is a compare-and-set, and its audit row is written in the same transaction. A method that
writes may be called inside a transaction of the caller, and then commits with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import cast

from migrator import __version__
from migrator.errors import LeaseLost
from migrator.names import TableName
from migrator.pg.driver import Connection, Jsonb, Row
from migrator.pg.queries import query
from migrator.state import claims, snapshots, soft_drops
from migrator.state.actor import current_commit, current_host, current_run
from migrator.state.records import AuditRecord, MigrationRecord, StepRecord
from migrator.state.transitions import ENDED, State, check_transition


class Store:
    """The state of all migrations in one database, seen through one connection."""

    def __init__(self, connection: Connection, actor: str) -> None:
        self.connection = connection
        self.actor = actor

    def migration(self, migration: str) -> MigrationRecord | None:
        """Return the record, or None for a migration that never began."""
        row = self.connection.execute(_sql("migration"), {"id": migration}).fetchone()
        return _migration(row) if row else None

    def migrations(self) -> tuple[MigrationRecord, ...]:
        """Return all records, ordered by id."""
        return tuple(_migration(row) for row in self.connection.execute(_sql("migrations")))

    def open(self, migration: str, manifest: Mapping[str, object], contract_by: date | None) -> MigrationRecord:
        """Return the record, written as pending first when there is none."""
        with self.connection.transaction():
            values = {"id": migration, "manifest": Jsonb(manifest), "contract_by": contract_by}
            if self.connection.execute(_sql("open_migration"), values).rowcount:
                self.audit("migration.registered", migration, {})
        record = self.migration(migration)
        if record is None:  # pragma: no cover - the row was just written or was there
            raise LeaseLost(f"The record of {migration} vanished.", "Check who deletes rows of schema migrator.")
        return record

    def change_state(
        self, record: MigrationRecord, target: State, detail: Mapping[str, object] | None = None
    ) -> MigrationRecord:
        """Move the migration along one edge, with its audit row, what it gives back and what it vouches for.

        Raises:
            InvalidTransition, Sealed: there is no such edge.
            LeaseLost: somebody else moved it since `record` was read.
        """
        check_transition(record.id, record.state, target)
        with self.connection.transaction():
            row = self.connection.execute(
                _sql("change_state"),
                {"id": record.id, "source": record.state.value, "version": record.version, "target": target.value},
            ).fetchone()
            if row is None:
                raise LeaseLost(
                    f"{record.id} was changed by another runner while this one was at work.",
                    "Look at `migrator history`, then run `migrator resume`.",
                )
            if target in ENDED:
                claims.end(self.connection, record.id)
                if soft_drops.end(self.connection, record.id, f"the migration is {target.value}", self.actor):
                    self.audit("softdrop.ended", record.id, {"reason": f"the migration is {target.value}"})
            self.vouch(f"{record.id} is {target.value}", claims.touched(self.connection, record.id))
            self.connection.execute(_sql("be_patient"))
            self.audit("state.changed", record.id, {"from": record.state.value, "to": target.value, **(detail or {})})
        return _migration(row)

    def claim(self, migration: str, tables: Iterable[TableName], touched: Iterable[TableName]) -> None:
        """Claim the tables, and record what the migration changes, in the transaction of the state change.

        Raises:
            TableClaimed: another open migration holds one of them.
        """
        claims.take(self.connection, migration, tables)
        claims.touch(self.connection, migration, touched)

    def vouch(self, reason: str, owners: Iterable[TableName]) -> None:
        """Take these owners into the snapshot as they are now; a table that cannot be read now is left for later."""
        problem = snapshots.refresh(self.connection, self.actor, reason, owners)
        if problem is not None:
            self.connection.execute(_sql("be_patient"))
            self.audit("snapshot.missed", None, {"reason": reason, "error": problem})

    def set_manifest(self, migration: str, manifest: Mapping[str, object], contract_by: date | None) -> None:
        """Store the manifest as it is now."""
        values = {"id": migration, "manifest": Jsonb(manifest), "contract_by": contract_by}
        self.connection.execute(_sql("set_manifest"), values)

    def set_contract_plan(self, migration: str, plan_id: str | None) -> None:
        """Store the plan that the contract runs by, in the transaction that seals it."""
        self.connection.execute(_sql("set_contract_plan"), {"id": migration, "plan": plan_id})

    def forget_run(self, migration: str) -> None:
        """Delete steps, checksums, approvals and backfills of a migration that was aborted and starts again."""
        self.connection.execute(_sql("forget_run"), {"id": migration})

    def files(self, migration: str) -> dict[str, str]:
        """Return file name -> SHA-256 as recorded when the file's phase began."""
        return {row["name"]: row["sha256"] for row in self.connection.execute(_sql("files"), {"id": migration})}

    def record_file(self, migration: str, name: str, sha256: str) -> None:
        """Record what a file is now, unless it was recorded before."""
        self.connection.execute(_sql("record_file"), {"id": migration, "name": name, "sha256": sha256})

    def replace_file(self, migration: str, name: str, sha256: str) -> None:
        """Record what a file is now, after a person accepted its change."""
        self.connection.execute(_sql("replace_file"), {"id": migration, "name": name, "sha256": sha256})

    def steps(self, migration: str, phase: str) -> dict[int, StepRecord]:
        """Return the phase's steps by number."""
        rows = self.connection.execute(_sql("steps"), {"id": migration, "phase": phase})
        return {row["number"]: StepRecord(**row) for row in rows}

    def all_steps(self, migration: str) -> tuple[StepRecord, ...]:
        """Return every step of the migration in the order in which they ran."""
        return tuple(StepRecord(**row) for row in self.connection.execute(_sql("all_steps"), {"id": migration}))

    def intend_step(self, migration: str, phase: str, number: int, *, name: str, statement: str, lock: str) -> None:
        """Write the intent; commits before the statement runs because no transaction is open."""
        self.connection.execute(
            _sql("intend_step"),
            {
                "id": migration,
                "phase": phase,
                "number": number,
                "name": name,
                "statement": statement,
                "lock_class": lock,
            },
        )

    def forget_contract(self, migration: str) -> None:
        """Delete what was recorded of a contract of which no statement ran."""
        self.connection.execute(_sql("forget_contract"), {"id": migration})

    def end_step(
        self,
        migration: str,
        phase: str,
        number: int,
        state: str,
        error: str | None = None,
        evidence: Mapping[str, object] | None = None,
    ) -> None:
        """Write how the step ended (done, skipped or failed), with its audit row and what that rests on."""
        values = {"id": migration, "phase": phase, "number": number, "state": state, "error": error}
        with self.connection.transaction():
            row = self.connection.execute(_sql("end_step"), values).fetchone()
            if row is not None:
                detail = {"phase": phase, "step": number, **row, **(evidence or {})}
                self.audit(f"step.{state}", migration, {**detail, "error": error} if error else detail)

    def audit(self, action: str, migration: str | None, detail: Mapping[str, object]) -> None:
        """Append an audit row, last in the transaction of what it tells: other writers wait until that commits.

        A `reason` and `approvers` of the detail have their own columns too.
        """
        reason, approvers = detail.get("reason"), _names(detail.get("approvers"))
        self.connection.execute(
            _sql("audit"),
            {
                "actor": self.actor,
                "host": current_host(),
                "tool_version": __version__,
                "commit": current_commit(),
                "ci_run_url": current_run(),
                "action": action,
                "migration": migration,
                "reason": str(reason) if reason else None,
                "ticket": None,
                "approvers": approvers,
                "detail": Jsonb(detail),
            },
        )

    def history(self, migration: str | None = None) -> tuple[AuditRecord, ...]:
        """Return the audit rows, oldest first."""
        return tuple(AuditRecord(**row) for row in self.connection.execute(_sql("history"), {"id": migration}))

    def now(self) -> datetime:
        """Return the database's time."""
        row = self.connection.execute(_sql("now")).fetchone()
        if row is None:  # pragma: no cover - a SELECT without FROM has one row
            raise LeaseLost("The server told no time.", "Try again.")
        return row["now"]


def _sql(name: str) -> bytes:
    return query(f"state.{name}", "migrator.state")


def _names(value: object) -> list[str] | None:
    return [str(name) for name in cast("Sequence[object]", value)] if isinstance(value, list | tuple) else None


def _migration(row: Row) -> MigrationRecord:
    values: Row = {**row, "state": State(row["state"])}
    return MigrationRecord(**values)
