"""What a person sees on stderr while a phase runs: a listener for `Events`.

One line when a step starts and one when it ends, who blocks it, and each retry. Backfills are shown by their own
progress display. Results go to stdout elsewhere; nothing here is meant to be parsed.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import TextIO, cast

import click

from migrator.events import Event, EventKind

_LONGEST_QUERY = 100


class Verbosity(IntEnum):
    """How much is told; failures and blockers are told at every level."""

    QUIET = -1
    NORMAL = 0
    VERBOSE = 1


def console_listener(*, verbosity: int = Verbosity.NORMAL) -> "Console":
    """Return a listener that prints to stderr as it is now."""
    return Console(sys.stderr, verbosity=verbosity)


class Console:
    """Prints events; colour only on a terminal, and a stream that was closed ends the printing and not the run."""

    def __init__(self, stream: TextIO, *, verbosity: int = Verbosity.NORMAL, is_coloured: bool | None = None) -> None:
        self._stream = stream
        self._verbosity = verbosity
        self._is_coloured = stream.isatty() if is_coloured is None else is_coloured
        self._is_open = True
        self._listens_to = self._tellers()

    def _tellers(self) -> Mapping[EventKind, Callable[[Event], None]]:
        return {
            EventKind.PHASE_STARTED: self._phase_started,
            EventKind.PHASE_FINISHED: self._phase_finished,
            EventKind.STATE_CHANGED: self._state_changed,
            EventKind.STEP_INTENT: self._step_started,
            EventKind.STEP_DONE: self._step_done,
            EventKind.STEP_SKIPPED: self._step_skipped,
            EventKind.STEP_FAILED: self._step_failed,
            EventKind.STEP_INTERRUPTED: self._step_interrupted,
            EventKind.LOCK_PREFLIGHT: self._lock_preflight,
            EventKind.LOCK_WAITING: self._lock_waiting,
            EventKind.LOCK_BLOCKED: self._lock_blocked,
            EventKind.BLOCKER_CANCELLED: self._blocker_cancelled,
            EventKind.LOCK_RETRY: self._lock_retry,
            EventKind.LOCK_ACQUIRED: self._lock_acquired,
            EventKind.WEAK_PROGRESS: self._weak_progress,
            EventKind.PLANS_STALE: self._plans_stale,
            EventKind.GATE_EVALUATED: self._gate_evaluated,
        }

    def __call__(self, event: Event) -> None:
        """Print the event, when it is one that this level tells."""
        tell = self._listens_to.get(event.kind)
        if tell:
            tell(event)

    def _line(self, text: str, at: Verbosity, colour: str | None = None) -> None:
        if not self._is_open or self._verbosity < at:
            return
        try:
            click.echo(click.style(text, fg=colour) if colour else text, file=self._stream, color=self._is_coloured)
        except (OSError, ValueError):  # a closed pipe must not end a migration half-way
            self._is_open = False

    def _phase_started(self, event: Event) -> None:
        self._line(f"{event.migration}: {_text(event, 'phase')} starts", Verbosity.NORMAL, "cyan")

    def _phase_finished(self, event: Event) -> None:
        text = f"{event.migration}: {_text(event, 'phase')} finished after {_seconds(event)}"
        self._line(text, Verbosity.NORMAL, "green")

    def _state_changed(self, event: Event) -> None:
        self._line(f"  state {_text(event, 'source')} -> {_text(event, 'target')}", Verbosity.VERBOSE)

    def _step_started(self, event: Event) -> None:
        lock = _text(event, "lock_class")
        suffix = f" [{lock} lock]" if lock and self._verbosity >= Verbosity.VERBOSE else ""
        self._line(f"  {_step(event)}{suffix}", Verbosity.NORMAL)

    def _step_done(self, event: Event) -> None:
        self._line(f"  {_number(event)} done in {_seconds(event)}", Verbosity.NORMAL, "green")

    def _step_skipped(self, event: Event) -> None:
        self._line(f"  {_step(event)}: skipped, {_text(event, 'reason')}", Verbosity.NORMAL)

    def _step_failed(self, event: Event) -> None:
        self._line(f"  {_step(event)}: failed, {_text(event, 'error')}", Verbosity.QUIET, "red")

    def _step_interrupted(self, event: Event) -> None:
        self._line(f"  {_step(event)}: interrupted, {_text(event, 'reason')}", Verbosity.QUIET, "yellow")

    def _lock_preflight(self, event: Event) -> None:
        self._line(f"    {_text(event, 'reason')}", Verbosity.NORMAL, "yellow")

    def _blocker_cancelled(self, event: Event) -> None:
        who = _text(event, "application") or "no application_name"
        text = f"    cancelled pid {_text(event, 'pid')} ({who}, role {_text(event, 'role')}): {_text(event, 'reason')}"
        self._line(text, Verbosity.QUIET, "yellow")

    def _lock_waiting(self, event: Event) -> None:
        tables = event.data.get("tables")
        names = ", ".join(str(t) for t in cast("Iterable[object]", tables)) if isinstance(tables, list | tuple) else ""
        limit = _seconds(event, "lock_timeout_seconds")
        self._line(f"    attempt {_text(event, 'attempt')}: lock on {names}, at most {limit}", Verbosity.VERBOSE)

    def _lock_blocked(self, event: Event) -> None:
        for blocker in cast("Iterable[Mapping[str, object]]", event.data.get("blockers") or ()):
            self._line(f"    blocked by {_blocker(blocker)}", Verbosity.QUIET, "yellow")

    def _lock_retry(self, event: Event) -> None:
        pause = _seconds(event, "pause_seconds")
        text = f"    no lock at attempt {_text(event, 'attempt')} ({_text(event, 'sqlstate')}); next in {pause}"
        self._line(text, Verbosity.NORMAL, "yellow")

    def _lock_acquired(self, event: Event) -> None:
        attempts = event.data.get("attempts")
        text = f"    lock granted after {_seconds(event, 'wait_seconds')}, {attempts} attempts"
        self._line(text, Verbosity.NORMAL if attempts not in {0, 1, None} else Verbosity.VERBOSE)

    def _weak_progress(self, event: Event) -> None:
        done, total = event.data.get("done"), event.data.get("total")
        blocks = f", {done} of {total} blocks" if total else ""
        self._line(f"    {_text(event, 'activity') or 'running'}{blocks}, {_seconds(event)}", Verbosity.NORMAL)

    def _plans_stale(self, event: Event) -> None:
        text = '  clients that have prepared one of these fail with "cached plan must not change result type":'
        self._line(text, Verbosity.NORMAL, "yellow")
        for query in cast("Iterable[object]", event.data.get("queries") or ()):
            self._line(f"    {_short(str(query))}", Verbosity.NORMAL)

    def _gate_evaluated(self, event: Event) -> None:
        colour = {"open": "green", "closed": "red"}.get(_text(event, "status"), "yellow")
        self._line(
            f"  gate {_text(event, 'gate')}: {_text(event, 'status')}, {_text(event, 'reason')}",
            Verbosity.NORMAL,
            colour,
        )


def _number(event: Event) -> str:
    return f"{_text(event, 'phase')} {_text(event, 'number')}:"


def _step(event: Event) -> str:
    return f"{_number(event)} {_text(event, 'name')}"


def _blocker(blocker: Mapping[str, object]) -> str:
    short = _short(str(blocker.get("query") or ""))
    application = blocker.get("application") or "no application_name"
    state = blocker.get("state") or "running"
    age = blocker.get("age_seconds")
    old = f"transaction {age:.1f} s old" if isinstance(age, int | float) else "transaction of unknown age"
    return f"pid {blocker.get('pid')} ({application}, {state}, {old}): {short}"


def _short(query: str) -> str:
    line = " ".join(query.split())
    return line if len(line) <= _LONGEST_QUERY else line[: _LONGEST_QUERY - 1] + "…"


def _text(event: Event, key: str) -> str:
    value = event.data.get(key)
    return "" if value is None else str(value)


def _seconds(event: Event, key: str = "seconds") -> str:
    value = event.data.get(key)
    return f"{value:.1f} s" if isinstance(value, int | float) else "an unknown time"
