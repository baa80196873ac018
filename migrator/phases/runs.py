"""The history of phases, read from the audit: who ran which when, for how long, from which commit, and how it ended.

One run is everything from the state change that begins a phase to the one that ends it, over all interruptions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from migrator.state.records import AuditRecord

_BEGINS = {"expanding": "expand", "migrating": "migrate", "contracting": "contract", "aborting": "abort"}
_AT_ONCE = {"baselined": "baseline"}


@dataclass(frozen=True, slots=True)
class Run:
    """One phase of one migration; `outcome` is done, failed, running or given up."""

    migration: str
    phase: str
    actor: str
    host: str
    commit: str | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    detail: str = ""
    """The step that failed last, with its error."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


def runs_of(rows: Iterable[AuditRecord]) -> tuple[Run, ...]:
    """Return the runs that the audit rows tell of, in the order in which they began.

    Args:
        rows: oldest first, of one migration or of all.
    """
    found: list[Run] = []
    open_runs: dict[str, int] = {}
    for row in rows:
        if row.migration is None:
            continue
        place = open_runs.get(row.migration)
        if row.action == "state.changed":
            if place is not None:
                found[place] = _ended(found[place], row)
                del open_runs[row.migration]
            target = str(row.detail["to"])
            if target in _BEGINS:
                open_runs[row.migration] = len(found)
                found.append(_begun(row, _BEGINS[target]))
            elif target in _AT_ONCE:
                found.append(replace(_begun(row, _AT_ONCE[target]), ended_at=row.at, outcome="done"))
        elif row.action == "repeatable.applied":
            found.append(replace(_begun(row, "repeatable"), ended_at=row.at, outcome="done"))
        elif place is not None and row.action.startswith("step."):
            found[place] = _after_step(found[place], row)
    return tuple(found)


def _begun(row: AuditRecord, phase: str) -> Run:
    return Run(row.migration or "", phase, row.actor, row.host, row.commit_sha, row.at, None, "running")


def _ended(run: Run, row: AuditRecord) -> Run:
    """A phase that is left for `aborting` was given up; any other way out of it is its end."""
    outcome = "given up" if row.detail["to"] == "aborting" else "done"
    return replace(run, ended_at=row.at, outcome=outcome, detail=run.detail if outcome == "given up" else "")


def _after_step(run: Run, row: AuditRecord) -> Run:
    if row.action in {"step.failed", "step.interrupted"}:
        outcome = row.action.removeprefix("step.")
        return replace(run, outcome=outcome, detail=f"step {row.detail['step']}: {row.detail.get('error', outcome)}")
    return replace(run, outcome="running", detail="")
