"""At the end of a lock budget the blocker is named, also where the looks during the tries saw nothing."""

from datetime import timedelta

import pytest

from migrator.errors import LockBudgetSpent
from migrator.events import EventKind
from tests.fix_app import Shop
from tests.phases.scenes import NICK, idle_in_transaction, owned

BRIEF = timedelta(milliseconds=300)


def test_a_look_after_the_last_try(one_shop: Shop) -> None:
    """No second session had room to look during the tries; what others do is not shown without pg_read_all_stats."""
    with owned(one_shop, "CONNECTION LIMIT 1") as owner, idle_in_transaction(one_shop) as session:
        pid = session.info.backend_pid
        with pytest.raises(LockBudgetSpent) as caught:
            owner.engine(budget=BRIEF).expand(owner.write("m", expand=NICK))
        assert EventKind.LOCK_BLOCKED not in owner.kinds()
    role = "role postgres"
    assert f"; it was held by pid {pid} (shop/report, {role}, holds ACCESS SHARE on users: " in caught.value.situation
    assert "shown only to members of pg_read_all_stats" in caught.value.situation


def test_where_nobody_can_be_named_it_says_why(one_shop: Shop) -> None:
    """The step waits for no table, so that there is nothing to look at afterwards."""
    take = "SELECT pg_advisory_xact_lock(7)"
    with owned(one_shop, "CONNECTION LIMIT 1") as owner, idle_in_transaction(one_shop, take):
        migration = owner.write(
            "m", expand="-- migrator:step lock=strong\nDO $$BEGIN PERFORM pg_advisory_xact_lock(7); END$$;"
        )
        with pytest.raises(LockBudgetSpent) as caught:
            owner.engine(budget=BRIEF).expand(migration)
    assert "nobody was seen who held it: the session that looks had no answer (" in caught.value.situation
    assert "too many connections for role" in caught.value.situation
