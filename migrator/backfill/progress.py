"""How a backfill's progress looks: a bar on a terminal, one logfmt line each 30 s anywhere else.

A listener for `Events`. rich is imported on a terminal only.
"""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from migrator.backfill.standing import Standing, amount, counted, duration
from migrator.clock import Clock
from migrator.events import Event, EventKind, Listener

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_LINE_SECONDS = 30.0
_WORTH_TELLING = 0.01
"""Share of the time that must have been waiting."""


@contextmanager
def progress_listener(clock: Clock, stream: TextIO | None = None) -> Generator[Listener]:
    """Give a listener that shows backfills on the stream (stderr) until the block ends."""
    out = sys.stderr if stream is None else stream
    if not out.isatty():
        yield _Tracker(clock, _Lines(clock, out))
        return
    display = _Bar(out)
    try:
        yield _Tracker(clock, display)
    finally:
        display.close()


Show = Callable[[Standing, bool], None]


class _Tracker:
    """Turns events into standings and hands each change to the display."""

    def __init__(self, clock: Clock, show: Show) -> None:
        self._clock = clock
        self._show = show
        self._standings: dict[tuple[str, str], Standing] = {}

    def __call__(self, event: Event) -> None:
        """Follow the events of backfills; others are passed over."""
        name = event.data.get("name")
        if not event.kind.value.startswith("backfill.") or not isinstance(name, str):
            return
        standing = self._standings.setdefault((event.migration, name), Standing(name))
        is_end = event.kind is EventKind.BACKFILL_FINISHED
        self._follow(standing, event)
        if event.kind is not EventKind.BACKFILL_VERIFIED:
            self._show(standing, is_end)

    def _follow(self, standing: Standing, event: Event) -> None:
        now = self._clock.monotonic()
        match event.kind:
            case EventKind.BACKFILL_STARTED:
                _take_counts(standing, event)
                standing.measured_at, standing.measured_keys = now, standing.keys
                standing.started_at = now
                standing.workers = int(_number(event, "workers") or 1)
            case EventKind.BACKFILL_BATCH:
                _take_counts(standing, event)
                standing.measure(now)
            case EventKind.BACKFILL_PAUSED:
                standing.reason = str(event.data.get("reason", ""))
                standing.paused_seconds = _number(event, "seconds") or 0.0
                standing.measure(now)
                _take_waits(standing, event)
            case EventKind.BACKFILL_RESUMED | EventKind.BACKFILL_FINISHED:
                standing.reason = ""
                _take_waits(standing, event)
            case _:
                pass


class _Lines:
    """One line per 30 s, also while it waits, and one at the end."""

    def __init__(self, clock: Clock, stream: TextIO) -> None:
        self._clock = clock
        self._stream = stream
        self._told_at: float | None = None
        self._is_open = True

    def __call__(self, standing: Standing, is_end: bool) -> None:  # noqa: FBT001 the display's one flag
        now = self._clock.monotonic()
        if self._told_at is None:
            self._told_at = now
        if is_end or now - self._told_at >= _LINE_SECONDS:
            self._told_at = now
            self._tell(logfmt(standing, is_end=is_end))

    def _tell(self, line: str) -> None:
        if not self._is_open:
            return
        try:
            print(line, file=self._stream, flush=True)
        except (OSError, ValueError):  # a closed pipe must not end a backfill
            self._is_open = False


class _Bar:
    """A bar per backfill, redrawn by rich in its own thread."""

    def __init__(self, stream: TextIO) -> None:
        self._progress = _rich_progress(stream)
        self._bars: dict[str, TaskID] = {}
        self._is_started = False

    def __call__(self, standing: Standing, is_end: bool) -> None:  # noqa: FBT001 the display's one flag
        if not self._is_started:
            self._progress.start()
            self._is_started = True
        if standing.name not in self._bars:
            self._bars[standing.name] = self._progress.add_task(standing.name, total=standing.total, detail="")
        total = standing.keys if is_end else standing.total
        done = standing.keys if total is None else min(standing.keys, total)
        self._progress.update(self._bars[standing.name], total=total, completed=done, detail=_detail(standing))

    def close(self) -> None:
        """Leave the last picture and give the terminal back."""
        if self._is_started:
            self._progress.stop()


def _rich_progress(stream: TextIO) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
        console=Console(file=stream),
        refresh_per_second=4,
    )


def _detail(standing: Standing) -> str:
    eta = f"eta {standing.eta}" if standing.eta not in ("", "due") else standing.eta
    waited = sum(standing.throttled_shares.values())
    share = f"{100 * min(waited, 1.0):.0f}% throttled" if waited >= _WORTH_TELLING else ""
    parts = [f"{amount(standing.rate)}/s", eta, share, "" if standing.state == "running" else standing.state]
    return "  ".join(part for part in parts if part)


def logfmt(standing: Standing, *, is_end: bool) -> str:
    """Return the line for logs: `backfill=… done=31.2M/43.1M share=72.4% rate=8.1k/s batch=2000 state=… eta=47m`."""
    total = "?" if standing.total is None else amount(standing.total)
    share = "" if standing.share is None else f" share={100 * standing.share:.1f}%"
    state = "finished" if is_end else "throttled" if standing.reason else "running"
    line = f"backfill={standing.name} done={amount(standing.keys)}/{total}{share} rate={amount(standing.rate)}/s"
    line += f" batch={standing.batch_size} state={state}"
    if standing.reason:
        escaped = standing.reason.replace('"', "'")
        line += f' reason="{escaped}" since={duration(standing.paused_seconds)}'
    shares = standing.throttled_shares
    if sum(shares.values()) >= _WORTH_TELLING:
        parts = ",".join(f"{throttle}:{100 * share:.0f}%" for throttle, share in shares.items())
        line += f" throttled={parts}"
    return line + (f" eta={standing.eta}" if standing.eta and not is_end else "")


def _take_counts(standing: Standing, event: Event) -> None:
    standing.keys = int(_number(event, "keys_done") or 0)
    estimate = _number(event, "rows_estimate")
    standing.total = None if estimate is None else int(estimate)
    standing.batch_size = int(_number(event, "batch_size") or 0)


def _take_waits(standing: Standing, event: Event) -> None:
    for throttle, seconds in counted(event).items():
        standing.throttled[throttle] = standing.throttled.get(throttle, 0.0) + seconds


def _number(event: Event, name: str) -> float | None:
    value = event.data.get(name)
    return float(value) if isinstance(value, int | float) else None
