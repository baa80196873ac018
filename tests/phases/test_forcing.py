"""A forced gate lets the contract of this text and this run through, and is shown for ever."""

import pytest

from migrator.audit.rows import tail
from migrator.config import Settings
from migrator.errors import GateClosed, InputError, InvalidTransition
from migrator.pg.connection import connect
from migrator.phases import evidence
from migrator.phases.folder import Migration
from migrator.phases.forcing import Permission, force_gate
from migrator.phases.overview import overview
from migrator.state.forced import ForcedGate, forced_gates
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.phases.scenes import NICK

_MANIFEST = """
[contract]
contract_by = 2099-01-01
evidence = ["approvals", "soak"]
soak = "72h"
"""
_CONTRACT = "ALTER TABLE public.users DROP COLUMN name;"
_PERMISSION = Permission(("alice", "bob"), "https://forge.example/pull/7", "a" * 40, "f" * 64)


@pytest.fixture
def migration(one_shop: Shop) -> Migration:
    """Migrated just now, so that its soak is not over for days."""
    files = {"contract": _CONTRACT, "abort": "ALTER TABLE public.users DROP COLUMN nick;"}
    migration = one_shop.write("m", manifest=_MANIFEST, expand=NICK, **files)
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    return migration


def force(
    shop: Shop, migration: Migration, gate: str = "soak", reason: str = "the disk is full by tonight"
) -> ForcedGate:
    with connect(shop.dsn) as connection:
        return force_gate(Store(connection, "dana"), Settings(), migration, gate, reason=reason, permission=_PERMISSION)


def test_a_forced_gate_lets_through_and_is_told_for_ever(one_shop: Shop, migration: Migration) -> None:
    with pytest.raises(GateClosed, match="soak closed: soak"):
        one_shop.engine().contract(migration)
    forced = force(one_shop, migration)
    assert (forced.found_status, forced.approvers) == ("closed", ("alice", "bob"))
    with connect(one_shop.dsn) as connection:
        row = tail(connection, 1)[0]
        assert (row.action, row.reason, row.approvers) == (
            "gate.forced",
            "the disk is full by tonight",
            ["alice", "bob"],
        )
        soak = evidence.ask(connection, Settings(), migration)[-1]
    assert (soak.gate, soak.status.value, soak.is_forced) == ("soak", "open", True)
    assert soak.reason.startswith("forced by dana on ")
    assert ", approved by alice, bob: the disk is full by tonight; it is closed: soak " in soak.reason
    assert one_shop.engine().contract(migration).after.value == "complete"
    with connect(one_shop.dsn) as connection:
        (line,) = overview(one_shop.migrations, connection)
        assert line.forced == (forced,)
        sealed = [row for row in Store(connection, "test").history("m") if row.detail.get("to") == "contracting"]
        assert "'forced': True" in str(sealed[0].detail["gates"])


def test_another_text_needs_another_force(one_shop: Shop, migration: Migration) -> None:
    force(one_shop, migration)
    changed = one_shop.write("m", manifest=_MANIFEST, contract=f"{_CONTRACT} -- and more")
    with pytest.raises(GateClosed, match="it was forced for another text or run of this contract"):
        one_shop.engine().contract(changed)


def test_another_run_needs_another_force(one_shop: Shop, migration: Migration) -> None:
    force(one_shop, migration)
    one_shop.engine().abort(migration)
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    with pytest.raises(GateClosed, match="it was forced for another text or run of this contract"):
        one_shop.engine().contract(migration)
    with connect(one_shop.dsn) as connection:
        assert len(forced_gates(connection, "m")) == 1  # the record stays


@pytest.mark.parametrize(
    ("gate", "reason", "words"),
    [
        ("soak", "ok", "says nothing"),
        ("phase", "the disk is full", r"m has no gate phase that can be forced \(there: approvals, soak\)"),
        ("versions", "the disk is full", "m has no gate versions"),
        ("approvals", "the disk is full", "is open: no approval is asked for"),
    ],
)
def test_what_cannot_be_forced(one_shop: Shop, migration: Migration, gate: str, reason: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        force(one_shop, migration, gate, reason)


def test_nothing_is_forced_before_it_has_expanded(one_shop: Shop) -> None:
    migration = one_shop.write("m", manifest=_MANIFEST, expand=NICK, contract=_CONTRACT)
    with pytest.raises(InvalidTransition, match="m has not expanded"):
        force(one_shop, migration)


@pytest.mark.usefixtures("migration")
def test_a_force_of_another_gate_opens_nothing_else(one_shop: Shop) -> None:
    both = one_shop.write("m", manifest=_MANIFEST + "approvals = 1\n")
    force(one_shop, both)
    with pytest.raises(GateClosed, match="approvals closed: approvals 0 < 1"):
        one_shop.engine().contract(both)
