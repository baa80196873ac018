"""What a person reads on stderr while a phase runs."""

import io

import pytest

from migrator.cli.console import Console, Verbosity, console_listener
from migrator.events import EventKind, Events

_BLOCKER = {
    "pid": 4711,
    "application": "checkout/1.3.9",
    "age_seconds": 12.34,
    "state": "idle in transaction",
    "query": "UPDATE users\n   SET email = 'x'" + " " * 5 + "WHERE " + "id = 1 OR " * 30,
}


class _Closed(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(stream: io.StringIO, verbosity: int = Verbosity.NORMAL) -> str:
    """Emit what an expand with one blocked step emits, and return what was printed."""
    events = Events(Console(stream, verbosity=verbosity))
    step = {"phase": "expand", "number": 2, "name": "ALTER TABLE public.users ADD COLUMN mail text"}
    events.emit(EventKind.PHASE_STARTED, "m", phase="expand")
    events.emit(EventKind.STATE_CHANGED, "m", source="pending", target="expanding")
    events.emit(EventKind.STEP_INTENT, "m", lock_class="strong", **step)
    events.emit(EventKind.LOCK_WAITING, "m", tables=["public.users"], attempt=1, lock_timeout_seconds=0.1)
    events.emit(EventKind.LOCK_BLOCKED, "m", blockers=[_BLOCKER])
    events.emit(EventKind.LOCK_RETRY, "m", attempt=1, pause_seconds=0.25, sqlstate="55P03")
    events.emit(EventKind.LOCK_ACQUIRED, "m", wait_seconds=1.26, attempts=2)
    events.emit(EventKind.STEP_DONE, "m", seconds=1.31, **step)
    events.emit(EventKind.BACKFILL_BATCH, "m", name="b", rows=1, seconds=1)
    events.emit(EventKind.STEP_FAILED, "m", phase="expand", number=3, name="SELECT 1/0", error="division by zero")
    events.emit(EventKind.PHASE_FINISHED, "m", phase="expand", seconds=2)
    return stream.getvalue()


def test_one_line_for_each_thing_that_happens() -> None:
    blocker = _BLOCKER["query"]
    assert isinstance(blocker, str)
    short = " ".join(blocker.split())[:99] + "…"
    assert run(io.StringIO()).splitlines() == [
        "m: expand starts",
        "  expand 2: ALTER TABLE public.users ADD COLUMN mail text",
        f"    blocked by pid 4711 (checkout/1.3.9, idle in transaction, transaction 12.3 s old): {short}",
        "    no lock at attempt 1 (55P03); next in 0.2 s",
        "    lock granted after 1.3 s, 2 attempts",
        "  expand 2: done in 1.3 s",
        "  expand 3: SELECT 1/0: failed, division by zero",
        "m: expand finished after 2.0 s",
    ]


def test_quiet_still_tells_blockers_and_failures() -> None:
    lines = run(io.StringIO(), Verbosity.QUIET).splitlines()
    assert [line.split()[0] for line in lines] == ["blocked", "expand"]
    assert lines[1].endswith("failed, division by zero")


def test_verbose_adds_states_attempts_and_lock_classes() -> None:
    text = run(io.StringIO(), Verbosity.VERBOSE)
    assert "  state pending -> expanding\n" in text
    assert "    attempt 1: lock on public.users, at most 0.1 s\n" in text
    assert "mail text [strong lock]\n" in text


def test_colour_is_for_terminals() -> None:
    assert "\x1b[" not in run(io.StringIO())
    assert "\x1b[33m    blocked by pid 4711" in run(_Terminal())


@pytest.mark.parametrize("is_closed_file", [True, False])
def test_a_reader_that_went_away_does_not_end_the_run(is_closed_file: bool) -> None:
    stream = io.StringIO() if is_closed_file else _Closed()
    if is_closed_file:
        stream.close()
    Events(Console(stream, is_coloured=False)).emit(EventKind.PHASE_STARTED, "m", phase="expand")


def test_gates_are_told_with_their_reason(capsys: pytest.CaptureFixture[str]) -> None:
    events = Events(console_listener())
    events.emit(EventKind.GATE_EVALUATED, "m", gate="soak", status="closed", reason="soak 3h < 72h")
    assert capsys.readouterr().err == "  gate soak: closed, soak 3h < 72h\n"


def test_who_is_waited_for_cancelled_and_would_fail_is_told() -> None:
    stream = io.StringIO()
    events = Events(Console(stream))
    step = {"phase": "expand", "number": 2, "name": "ALTER TABLE users"}
    events.emit(EventKind.PLANS_STALE, "m", phase="expand", queries=["SELECT *\n  FROM users"])
    events.emit(EventKind.LOCK_PREFLIGHT, "m", reason="waiting, because there is an old transaction", obstacles=[])
    events.emit(EventKind.BLOCKER_CANCELLED, "m", pid=7, application="", role="web", reason="idle for 31 s")
    events.emit(EventKind.STEP_INTERRUPTED, "m", reason="Stopped on request.", **step)
    assert stream.getvalue().splitlines() == [
        '  clients that have prepared one of these fail with "cached plan must not change result type":',
        "    SELECT * FROM users",
        "    waiting, because there is an old transaction",
        "    cancelled pid 7 (no application_name, role web): idle for 31 s",
        "  expand 2: ALTER TABLE users: interrupted, Stopped on request.",
    ]


def test_every_kind_of_event_is_taken_without_fields() -> None:
    events = Events(Console(io.StringIO(), verbosity=Verbosity.VERBOSE))
    for kind in EventKind:
        events.emit(kind, "m")
