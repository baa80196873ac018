"""Time windows by the wall clock of their zone, on the nights of summer time as well; sizes as people write them."""

from datetime import UTC, datetime

import pytest

from migrator.config import TimeWindow, format_size, parse_size

BERLIN = "22:00-06:00 Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "moment", "is_in"),
    [
        (BERLIN, "2026-01-10T20:59", False),
        (BERLIN, "2026-01-10T21:00", True),
        (BERLIN, "2026-01-11T04:59", True),
        (BERLIN, "2026-01-11T05:00", False),
        (BERLIN, "2026-07-10T19:59", False),
        (BERLIN, "2026-07-10T20:00", True),
        (BERLIN, "2026-07-11T04:00", False),
        # The night to summer time has seven hours in the window, that back has nine.
        (BERLIN, "2026-03-28T21:00", True),
        (BERLIN, "2026-03-29T03:59", True),
        (BERLIN, "2026-03-29T04:00", False),
        (BERLIN, "2026-10-24T20:00", True),
        (BERLIN, "2026-10-25T04:59", True),
        (BERLIN, "2026-10-25T05:00", False),
        # 02:00-03:00 is skipped in spring and comes twice in autumn.
        ("02:00-03:00 Europe/Berlin", "2026-03-29T01:00", False),
        ("02:00-03:00 Europe/Berlin", "2026-10-25T00:30", True),
        ("02:00-03:00 Europe/Berlin", "2026-10-25T01:30", True),
        ("02:00-03:00 Europe/Berlin", "2026-10-25T02:00", False),
        ("Fri 22:00-06:00 UTC", "2026-11-20T22:00", True),
        ("Fri 22:00-06:00 UTC", "2026-11-21T05:59", True),
        ("Fri 22:00-06:00 UTC", "2026-11-21T22:30", False),
        ("Sat,Sun 00:00-00:00 UTC", "2026-11-21T12:00", True),
        ("Sat,Sun 00:00-00:00 UTC", "2026-11-23T00:00", False),
        ("Fri-Mon 09:00-10:00 UTC", "2026-11-23T09:30", True),
        ("Fri-Mon 09:00-10:00 UTC", "2026-11-24T09:30", False),
    ],
)
def test_moments(window: str, moment: str, is_in: bool) -> None:
    assert TimeWindow.parse(window).holds(utc(moment)) is is_in


@pytest.mark.parametrize(
    "text", ["22:00-06:00", "22-06 UTC", "25:00-06:00 UTC", "22:00-06:00 Mars/Olympus", "Fry 22:00-06:00 UTC"]
)
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|zone"):
        TimeWindow.parse(text)


def test_the_next_beginning_is_told_in_the_zone() -> None:
    begins = TimeWindow.parse(BERLIN).next_start(utc("2026-10-24T12:00"))
    assert begins.astimezone(UTC) == utc("2026-10-24T20:00")
    assert TimeWindow.parse("Mon 08:00-09:00 UTC").next_start(utc("2026-11-23T08:00")) == utc("2026-11-30T08:00")


@pytest.mark.parametrize(
    ("window", "moment", "begins"),
    [
        # The start is left out: it begins where the clock comes to, or not on that day.
        ("02:30-03:30 Europe/Berlin", "2026-03-29T00:30", "2026-03-29T01:00"),
        ("02:00-03:00 Europe/Berlin", "2026-03-29T00:30", "2026-03-30T00:00"),
        ("Sun 02:00-03:00 Europe/Berlin", "2026-03-28T12:00", "2026-04-05T00:00"),
        # The hour comes twice: the window begins again, at its start or in its middle; nothing begins in the past.
        ("02:15-02:45 Europe/Berlin", "2026-10-25T00:50", "2026-10-25T01:15"),
        ("01:30-02:30 Europe/Berlin", "2026-10-25T00:40", "2026-10-25T01:00"),
        ("02:30-03:30 Europe/Berlin", "2026-10-25T01:08", "2026-10-25T01:30"),
        ("01:30-02:30 Europe/Berlin", "2026-03-28T22:06", "2026-03-29T00:30"),
        ("00:00-00:30 America/Sao_Paulo", "2018-11-03T12:00", "2018-11-05T02:00"),
    ],
)
def test_the_next_beginning_on_the_nights_of_a_change(window: str, moment: str, begins: str) -> None:
    found = TimeWindow.parse(window)
    assert not found.holds(utc(moment))
    assert found.next_start(utc(moment)).astimezone(UTC) == utc(begins)


def test_sizes() -> None:
    assert parse_size("64MB") == 64 * 1024**2
    assert parse_size("2 GB") == 2 * 1024**3
    assert [format_size(size) for size in (100, 2048, 1.5 * 1024**2, 1024**3)] == ["0kB", "2kB", "1.5MB", "1GB"]
    with pytest.raises(ValueError, match="write 512kB"):
        parse_size("64 megabytes")
