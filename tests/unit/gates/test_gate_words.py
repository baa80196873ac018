"""What gates compare and say, without a server."""

from datetime import timedelta

import pytest
from packaging.version import Version

from migrator.gates.evaluate import discover
from migrator.gates.soak import in_words
from migrator.gates.versions import read_version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.42", "1.42"),
        ("v1.42", "1.42"),
        ("1.42.0+3f2a9c", "1.42.0"),
        ("1.42.0+dirty~tree", "1.42.0"),
        (" 1.42.0-rc.1 ", "1.42.0rc1"),
        ("2026.11.21", "2026.11.21"),
        ("42", "42"),
    ],
)
def test_versions_as_people_write_them(text: str, expected: str) -> None:
    assert read_version(text) == Version(expected)


@pytest.mark.parametrize("text", [None, "", "main", "main-3f2a", "1.x", "3f2a9c1", "+sha", "1.42.0-gabc"])
def test_what_cannot_be_compared_is_no_version(text: str | None) -> None:
    assert read_version(text) is None


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=-3), "0s"),
        (timedelta(seconds=59.9), "59s"),
        (timedelta(minutes=14, seconds=5), "14m 5s"),
        (timedelta(days=2, hours=3, minutes=4), "2d 3h"),
        (timedelta(days=2, seconds=4), "2d 4s"),
    ],
)
def test_durations_in_words(duration: timedelta, words: str) -> None:
    assert in_words(duration) == words


def test_every_gate_file_is_found_by_its_name() -> None:
    found = discover()
    assert {"approvals", "backfill", "dependencies", "soak", "versions"} <= set(found)
    assert all(getattr(gate, "__name__", "").endswith(f".{name}") for name, gate in found.items())
    assert all(gate.__doc__ and name in gate.__doc__ for name, gate in found.items())
