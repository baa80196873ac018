"""Times of day in which something may happen: `22:00-06:00 Europe/Berlin`, `Mon-Fri 20:00-07:00 UTC`.

The days are those on which a window begins: `Fri 22:00-06:00` reaches into Saturday. The wall clock of the zone
decides, so a window follows its summer time; on the night of a change it is an hour longer or shorter, as wall clocks
are.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = "|".join(_DAYS)
_WINDOW = re.compile(
    rf"(?:(?P<days>(?:{_DAY})(?:[-,](?:{_DAY}))*)\s+)?"
    r"(?P<start>\d\d:\d\d)\s*-\s*(?P<end>\d\d:\d\d)\s+(?P<zone>[A-Za-z0-9_+/-]+)\Z"
)

_MINUTE = timedelta(minutes=1)
_DAYS_AHEAD = 16
"""A window on one day of the week that summer time leaves out begins in two weeks."""


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """One window; `start` is in it and `end` is not. The same time twice means the whole day."""

    start: time
    end: time
    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(7))

    @classmethod
    def parse(cls, text: str) -> "TimeWindow":
        """Read the text.

        Raises:
            ValueError: it is not of that form, or there is no such zone on this machine.
        """
        match = _WINDOW.match(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a time window; write 22:00-06:00 Europe/Berlin, days before it if any")
        start, end = (_time(match[part], text) for part in ("start", "end"))
        return cls(start, end, _zone(match["zone"]), _days(match["days"]))

    def holds(self, moment: datetime) -> bool:
        """Return whether the moment (timezone-aware) lies in the window."""
        local = moment.astimezone(self.zone)
        clock, today = local.time(), local.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= clock < self.end
        began_today = today in self.days and clock >= self.start
        began_yesterday = (today - 1) % 7 in self.days and clock < self.end
        return began_today or began_yesterday

    def next_start(self, moment: datetime) -> datetime:
        """Return when the window begins next: at its time, or where a change of the clock leads into it."""
        now = moment.astimezone(UTC)
        today = now.astimezone(self.zone).date()
        days = [today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD)]
        looks = [now + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD)]
        starts = {
            datetime.combine(day, self.start, self.zone).replace(fold=n).astimezone(UTC) for day in days for n in (0, 1)
        }
        changes = {
            self._change(first, last) for first, last in pairwise(looks) if self._offset(first) != self._offset(last)
        }
        return next(at for at in sorted(starts | changes) if at > now and self.holds(at)).astimezone(self.zone)

    def _offset(self, moment: datetime) -> timedelta | None:
        return moment.astimezone(self.zone).utcoffset()

    def _change(self, first: datetime, last: datetime) -> datetime:
        """Return the minute from which the offset is that of `last`."""
        before, after = first.replace(second=0, microsecond=0), last.replace(second=0, microsecond=0)
        while after - before > _MINUTE:
            middle = before + (after - before) // _MINUTE // 2 * _MINUTE
            before, after = (before, middle) if self._offset(middle) == self._offset(last) else (middle, after)
        return after


def _time(text: str, whole: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as exc:
        raise ValueError(f"{whole!r}: {text} is no time of day") from exc


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as exc:
        raise ValueError(f"this machine knows no time zone {name!r}; correct it, or install tzdata") from exc


def _days(text: str | None) -> frozenset[int]:
    if not text:
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin, length = _DAYS.index(first), (_DAYS.index(last or first) - _DAYS.index(first)) % 7
        found |= {(begin + n) % 7 for n in range(length + 1)}
    return frozenset(found)
