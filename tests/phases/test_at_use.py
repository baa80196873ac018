"""Gates at use: a client of the old version that comes back after the contract was sealed stops the first statement."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import pytest

from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.phases.evidence import ContractShut
from migrator.phases.folder import Migration
from migrator.state.records import AuditRecord
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.phases.scenes import NICK, stopped_in

_MANIFEST = """
[contract]
contract_by = 2099-01-01
evidence = ["versions"]
requires = { shop = ">=2.0" }
"""
_DROP_NAME = "ALTER TABLE public.users DROP COLUMN name;"
_DROP_VISITS = "ALTER TABLE public.users DROP COLUMN visits;"
_DEFAULT = "ALTER TABLE public.orders ALTER COLUMN amount SET DEFAULT 0;"
_ABORT = "ALTER TABLE public.users DROP COLUMN nick;"


@contextmanager
def client(shop: Shop, version: str) -> Generator[None]:
    """A session of the application that does nothing but be there."""
    with connect(shop.dsn, application_name=f"shop/{version}"):
        yield


@pytest.fixture
def clients(one_shop: Shop) -> Generator[ExitStack]:
    """Sessions of the application: one of the new version from the beginning; more may enter."""
    with ExitStack() as stack:
        stack.enter_context(client(one_shop, "2.0"))
        yield stack


def migrated(shop: Shop, contract: str) -> Migration:
    migration = shop.write("m", manifest=_MANIFEST, expand=NICK, contract=contract, abort=_ABORT)
    shop.engine().expand(migration)
    shop.engine().migrate(migration)
    return migration


def columns(dsn: str) -> set[str]:
    with connect(dsn) as connection:
        rows = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND NOT attisdropped"
        )
        return {row["attname"] for row in rows}


def once(kind: EventKind, act: Callable[[], object], **data: object) -> Callable[[Event], None]:
    """Return a listener that acts at the first event of the kind with these fields."""
    left = [act]

    def listen(event: Event) -> None:
        if left and event.kind is kind and all(event.data.get(key) == value for key, value in data.items()):
            left.pop()()

    return listen


def told(shop: Shop, action: str) -> tuple[AuditRecord, ...]:
    with connect(shop.dsn) as connection:
        return tuple(row for row in Store(connection, "test").history("m") if row.action == action)


def test_an_old_client_comes_after_the_seal(one_shop: Shop, clients: ExitStack) -> None:
    migration = migrated(one_shop, f"{_DROP_NAME} {_DROP_VISITS}")
    old = clients.enter_context(ExitStack())
    comes = once(EventKind.STATE_CHANGED, lambda: old.enter_context(client(one_shop, "1.9")), target="contracting")
    with pytest.raises(ContractShut, match=r"versions closed: old_instances 1 > 0 \(shop 1\.9"):
        one_shop.engine(comes).contract(migration)
    assert {"name", "visits"} <= columns(one_shop.dsn)
    with connect(one_shop.dsn) as connection:
        store = Store(connection, "test")
        record = store.migration("m")
        assert record
        assert (record.state.value, record.sealed_at) == ("migrated", None)
        assert "contract.sql" not in store.files("m")  # it may still be corrected
    back = told(one_shop, "state.changed")[-1].detail
    assert (back["from"], back["to"], back["at_use"]) == ("contracting", "migrated", True)
    assert "shop 1.9" in str(back["gates"])
    old.close()
    assert one_shop.engine().contract(migration).after.value == "complete"
    first, second = [row for row in told(one_shop, "step.done") if row.detail["phase"] == "contract"]
    assert {gate["gate"]: gate["status"] for gate in cast("Any", first.detail["gates"])} == {
        "phase": "open",
        "versions": "open",
    }
    assert "gates" not in second.detail  # too late to ask


def test_an_old_client_comes_while_the_lock_is_waited_for(one_shop: Shop, clients: ExitStack) -> None:
    """Each try asks again: the wait for a lock may last minutes."""
    migration = migrated(one_shop, _DROP_NAME)
    with connect(one_shop.dsn, application_name="report") as report:
        report.execute("BEGIN; LOCK TABLE public.users IN ACCESS SHARE MODE")

        def change_places() -> None:
            clients.enter_context(client(one_shop, "1.9"))
            report.execute("ROLLBACK")

        with pytest.raises(ContractShut, match=r"shop 1\.9"):
            one_shop.engine(once(EventKind.LOCK_RETRY, change_places)).contract(migration)
    assert "name" in columns(one_shop.dsn)
    assert one_shop.state("m") == "migrated"


def test_a_resume_asks_when_nothing_was_removed_yet(one_shop: Shop, clients: ExitStack) -> None:
    migration = migrated(one_shop, _DROP_NAME)
    stopped_in(one_shop, "contract")
    clients.enter_context(client(one_shop, "1.9"))
    with pytest.raises(ContractShut, match=r"shop 1\.9"):
        one_shop.engine().resume(migration)
    assert "name" in columns(one_shop.dsn)
    assert one_shop.engine().abort(migration).after.value == "aborted"  # nothing is sealed any more


def test_what_ran_before_the_first_removal_keeps_it_in_the_contract(one_shop: Shop, clients: ExitStack) -> None:
    migration = migrated(one_shop, f"{_DEFAULT} {_DROP_NAME}")
    old = clients.enter_context(ExitStack())
    comes = once(EventKind.STEP_DONE, lambda: old.enter_context(client(one_shop, "1.9")), phase="contract")
    with pytest.raises(ContractShut, match=r"shop 1\.9"):
        one_shop.engine(comes).contract(migration)
    assert "name" in columns(one_shop.dsn)
    assert one_shop.state("m") == "contracting"
    assert "shop 1.9" in str(told(one_shop, "gate.closed")[0].detail)
    with pytest.raises(ContractShut):
        one_shop.engine().resume(migration)
    old.close()
    assert one_shop.engine().resume(migration).after.value == "complete"
    assert "name" not in columns(one_shop.dsn)


def test_after_the_first_removal_it_goes_on_to_the_end(one_shop: Shop, clients: ExitStack) -> None:
    migration = migrated(one_shop, f"{_DROP_NAME} {_DROP_VISITS}")
    old = once(EventKind.STEP_DONE, lambda: clients.enter_context(client(one_shop, "1.9")), phase="contract")
    assert one_shop.engine(old).contract(migration).after.value == "complete"


def test_the_evidence_of_a_step_outside_transactions_is_written_before_it(one_shop: Shop, clients: ExitStack) -> None:
    del clients
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE INDEX users_name_old ON public.users (name)")
    migration = migrated(one_shop, "DROP INDEX CONCURRENTLY public.users_name_old;")
    one_shop.engine().contract(migration)
    (asked,) = told(one_shop, "gate.evaluated")
    (done,) = [row for row in told(one_shop, "step.done") if row.detail["phase"] == "contract"]
    assert asked.seq < done.seq
    assert asked.detail["gates"] == done.detail["gates"]
