"""What the state tables hold, as frozen values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from migrator.state.transitions import State


@dataclass(frozen=True, slots=True)
class MigrationRecord:
    """One row of `migrator.migration`; `version` is the compare-and-set counter."""

    id: str
    state: State
    version: int
    manifest: Mapping[str, object]
    opened_at: datetime
    changed_at: datetime
    expanded_at: datetime | None
    migrated_at: datetime | None
    sealed_at: datetime | None
    completed_at: datetime | None
    contract_by: date | None
    contract_plan: str | None
    """The plan that was confirmed for the contract; None before it, or when it ran without one."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One row of `migrator.step`; `state` is running, done, skipped or failed."""

    migration: str
    phase: str
    number: int
    name: str
    statement: str
    lock_class: str
    state: str
    attempts: int
    backend_pid: int | None
    backend_start: datetime | None
    started_at: datetime
    finished_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One row of `migrator.audit`."""

    seq: int
    at: datetime
    actor: str
    db_role: str
    host: str
    tool_version: str
    commit_sha: str | None
    """The commit of the checkout that the tool ran in, where it was known."""
    action: str
    migration: str | None
    detail: Mapping[str, object]
    reason: str | None = None
    ticket: str | None = None
    """The manifest's, of a migration that is recorded."""
    ci_run_url: str | None = None
    approvers: Sequence[str] | None = None
