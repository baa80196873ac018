"""Readers on a replica, which a replayed ACCESS EXCLUSIVE lock would cancel: waited for where the replica is named."""

from datetime import timedelta
from typing import Any, cast

import pytest

from migrator.errors import ConfigError, LockBudgetSpent
from migrator.events import EventKind
from migrator.pg.connection import connect
from tests.fix_app import Shop
from tests.fix_server import Database, wait_until
from tests.phases.looking import scalar
from tests.phases.scenes import NICK, in_background

NAMED: dict[str, Any] = {"replicas": {"reports": "REPORTS_DSN"}, "old_transaction": timedelta(milliseconds=50)}


@pytest.mark.replica
def test_an_old_reader_there_is_waited_for_and_never_ended(
    one_shop: Shop, one_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTS_DSN", one_database.replica_dsn)
    one_database.server.wait_caught_up()
    allowed = {"on_blocked": "cancel", "cancel_applications": ("*",), "cancel_idle_after": timedelta(0)}
    migration, engine = one_shop.write("m", expand=NICK), one_shop.engine(**NAMED, **allowed)
    with connect(one_database.replica_dsn, application_name="shop/report") as reader:
        pid = reader.info.backend_pid
        reader.execute("BEGIN; SELECT count(*) FROM users")
        wait_until(lambda: scalar(reader, "SELECT clock_timestamp() - now() > '60ms'"), "the transaction to be old")
        with in_background(lambda: engine.expand(migration)):
            wait_until(lambda: EventKind.LOCK_PREFLIGHT in one_shop.kinds(), "the reader to be told")
            assert EventKind.LOCK_WAITING not in one_shop.kinds()
            assert scalar(reader, "SELECT count(*) > 0 FROM users"), "it is at work"
            reader.execute("COMMIT")
    (told,) = [event for event in one_shop.heard if event.kind is EventKind.LOCK_PREFLIGHT]
    (obstacle,) = cast("list[dict[str, object]]", told.data["obstacles"])
    assert (obstacle["kind"], obstacle["table"]) == ("an old transaction on a replica", "users of reports")
    assert (obstacle["pid"], obstacle["lock"]) == (pid, "holds ACCESS SHARE on users")
    assert EventKind.BLOCKER_CANCELLED not in one_shop.kinds()
    assert one_shop.state("m") == "expanded"


def test_a_replica_that_cannot_be_asked_shuts(one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    migration = one_shop.write("m", expand=NICK)
    with pytest.raises(ConfigError, match=r"REPORTS_DSN of \[locks\] replicas is not set"):
        one_shop.engine(**NAMED).expand(migration)
    monkeypatch.setenv("REPORTS_DSN", "host=127.0.0.1 port=1 dbname=reports")
    with pytest.raises(LockBudgetSpent, match=r"replica reports cannot be asked\. Connecting to .*failed") as caught:
        one_shop.engine(**NAMED).resume(migration)
    assert "take it out of [locks] replicas" in caught.value.todo
    assert one_shop.engine().resume(migration).after.value == "expanded"


def test_locks_that_are_not_replayed_ask_no_replica(one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTS_DSN", "host=127.0.0.1 port=1 dbname=reports")
    check = "ALTER TABLE public.orders ADD CONSTRAINT buyer FOREIGN KEY (user_id) REFERENCES public.users NOT VALID;"
    assert one_shop.engine(**NAMED).expand(one_shop.write("m", expand=check)).after.value == "expanded"
