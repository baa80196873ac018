"""`[backfill]`: the pace of backfills, and what holds them back. A manifest's `limits` and `backfill set` override it.

One list for all three, so that whatever can be configured can also be set for one backfill and changed while it runs.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from migrator.config.duration import Duration
from migrator.config.section import Section
from migrator.config.size import Size
from migrator.config.time_window import TimeWindow

_COMPARISON = re.compile(r"\s*(<=|>=|==|!=|<|>)\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*\Z")
"""`< 0.5`: an operator and a number."""

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
Count = Annotated[int, Field(ge=0)]


class PrometheusSignal(Section):
    """A Prometheus query that says whether a backfill may go on."""

    url: str
    """Address of the server: `https://prometheus.example.org`."""
    query: str
    """PromQL; no series, or an answer that is not a number, is not known and holds the backfill back."""
    open_when: str
    """Comparison that every series must pass: `< 0.5`."""
    token_env: str | None = None
    """The environment variable that holds a bearer token."""

    @field_validator("open_when")
    @classmethod
    def _is_comparison(cls, value: str) -> str:
        if not _COMPARISON.match(value):
            raise ValueError(f"{value!r} is not a comparison with a number; write '< 0.5'")
        return value

    def is_passed_by(self, value: float) -> bool:
        """Return whether a series' value passes the comparison."""
        found = _COMPARISON.match(self.open_when)
        return found is not None and _OPERATORS[found[1]](value, float(found[2]))


class CriticalLoad(Section):
    """Load at which a run ends itself with exit code 75, to be continued later."""

    active_sessions: Count | None = None
    """More active sessions of clients than this."""
    max_lag: Duration | None = None
    """A replica behind by more than this."""
    query: str | None = None
    """SQL that returns one boolean: true is critical."""


class BackfillSettings(Section):
    """Defaults for backfills; a manifest's `limits` override them."""

    target_batch: Duration = timedelta(milliseconds=200)
    """How long one batch's transaction may take; the batch size adapts to it."""
    max_lag: Duration = timedelta(seconds=2)
    """Longest lag of any replica; above it the backfill waits until the lag is at half of it."""
    batch_size: int = Field(default=1000, ge=1)
    """Rows of the first batch; later ones adapt to `target_batch`."""
    workers: int = Field(default=1, ge=1, le=64)
    """Sessions of one process that work on a backfill at once; processes on other hosts add theirs."""
    lease: Duration = timedelta(seconds=30)
    """How long a worker may not be heard of until another one goes on with its range."""
    quarantine_limit: Count = 100
    """Most rows that are set aside because the server refuses them; one more ends the run. 0: the first one does."""
    nice: float = Field(default=0.0, ge=0, le=100)
    """Pause after each batch as a multiple of its time: 1 halves the load."""
    busy_batch: Duration = timedelta(milliseconds=8)
    """The longest a batch may take while sessions of the application are at work on the server."""
    busy_nice: float = Field(default=1.5, ge=0, le=100)
    """The least pause after each batch, as a multiple of its time, while they are. 0 with a `busy_batch` as long as
    `target_batch`: the application makes no difference."""
    max_slot_wal: Size | None = None
    """Most WAL that a replication slot may retain (`2GB`); a slot about to be lost holds a backfill back anyway."""
    max_wal_rate: Size | None = None
    """Most WAL per second of the whole server (`50MB`)."""
    max_lock_waiters: Count | None = None
    """Most sessions that may wait for locks of this backfill at one moment."""
    max_transaction_age: Duration | None = None
    """Age of the oldest transaction that holds back the cleaning of dead rows."""
    pause_for_autovacuum: bool = False
    """Wait while autovacuum works on the table."""
    max_dead_rows: float | None = Field(default=None, gt=0)
    """Most dead rows of the table as a share of the live ones (0.2)."""
    max_active_sessions: Count | None = None
    """Most active sessions of clients on the server, ours not counted."""
    query: str | None = None
    """SQL that returns one boolean: true lets the backfill go on. A second column, if any, is the reason."""
    prometheus: tuple[PrometheusSignal, ...] = ()
    http: str | None = None
    """Address that is asked with GET: a status of 2xx lets the backfill go on, 409, 423, 429 or 503 holds it back."""
    flag_file: Path | None = None
    """The backfill waits while this file exists on its machine; the first line is the reason."""
    time_windows: tuple[str, ...] = ()
    """When it may run: `22:00-06:00 Europe/Berlin`, `Sat,Sun 00:00-00:00 UTC`."""
    critical: CriticalLoad = Field(default_factory=CriticalLoad)
    ignore_unknown: tuple[str, ...] = ()
    """Throttles (`prometheus`, `http`) that let the backfill go on while they cannot be read."""

    @field_validator("time_windows")
    @classmethod
    def _are_windows(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            TimeWindow.parse(text)
        return value

    def with_limits(self, limits: "BackfillSettings") -> "BackfillSettings":
        """Return these settings with what was written in `limits` in place; what was left out there stays."""
        return self.model_copy(update={key: getattr(limits, key) for key in limits.model_fields_set})
