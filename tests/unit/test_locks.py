"""Lock levels in PostgreSQL's words; `tests/pg/test_locks_live.py` compares the conflicts with servers."""

import pytest

from migrator.locks import LockLevel

LEVELS = list(LockLevel)


@pytest.mark.parametrize("one", LEVELS)
def test_conflicts_go_both_ways(one: LockLevel) -> None:
    assert [other for other in LEVELS if one.conflicts_with(other) != other.conflicts_with(one)] == []


def test_the_stronger_of_two_conflicts_with_no_less() -> None:
    """What `max()` relies on, where it holds: SHARE alone is not wider than SHARE UPDATE EXCLUSIVE."""
    for level in (LockLevel.SHARE_ROW_EXCLUSIVE, LockLevel.EXCLUSIVE, LockLevel.ACCESS_EXCLUSIVE):
        weaker = [other for other in LEVELS if other < level]
        wider = {other for other in LEVELS if level.conflicts_with(other)}
        assert all({o for o in LEVELS if other.conflicts_with(o)} <= wider for other in weaker)


def test_words() -> None:
    assert str(LockLevel.ACCESS_EXCLUSIVE) == "ACCESS EXCLUSIVE"
    assert str(LockLevel.NONE) == "no lock"
    assert LockLevel.SHARE_UPDATE_EXCLUSIVE.pg_mode == "ShareUpdateExclusiveLock"
    assert all(level.blocks for level in LEVELS)
