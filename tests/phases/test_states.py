"""Phases out of order, repeated or without their file: refused or already done, never done twice."""

import pytest

from migrator.errors import (
    GateClosed,
    InvalidTransition,
    Refused,
    Sealed,
    Stopped,
)
from migrator.events import Event
from migrator.pg.connection import connect
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.phases.looking import schema_dump
from tests.phases.scenes import CONTRACT, NICK, stopped_in, with_every_phase


def test_phases_out_of_order(one_shop: Shop) -> None:
    engine, migration = one_shop.engine(), with_every_phase(one_shop).migration("m")
    for run in (engine.migrate, engine.contract, engine.backfill):
        with pytest.raises(InvalidTransition, match=r"m is pending and cannot be .* Run `migrator expand m` first"):
            run(migration)
    engine.expand(migration)
    with pytest.raises(InvalidTransition, match="m is expanded; only a migrated one"):
        engine.contract(migration)
    stopped_in(one_shop, "abort")
    for run in (engine.expand, engine.migrate, engine.contract):
        with pytest.raises(InvalidTransition, match="migrator resume"):
            run(migration)
    engine.resume(migration)
    with pytest.raises(InvalidTransition, match="Run `migrator expand m` first"):
        engine.migrate(migration)


def test_what_is_done_is_not_done_again(one_shop: Shop) -> None:
    engine, migration = one_shop.engine(), with_every_phase(one_shop).migration("m")
    for run in (engine.expand, engine.migrate, engine.contract):
        run(migration)
    with connect(one_shop.dsn) as connection:
        before = Store(connection, "test").history("m")
        for run in (engine.expand, engine.migrate, engine.contract, engine.resume, engine.backfill):
            outcome = run(migration)
            assert (outcome.before, outcome.after) == (outcome.after, outcome.before)
        assert Store(connection, "test").history("m") == before


def test_no_abort_after_the_contract_began(one_shop: Shop) -> None:
    engine, migration = one_shop.engine(), with_every_phase(one_shop).migration("m")
    engine.expand(migration)
    engine.migrate(migration)
    stopped_in(one_shop, "contract")
    with pytest.raises(Sealed, match="m is contracting"):
        engine.abort(migration)
    engine.resume(migration)
    with pytest.raises(Sealed, match="m is complete"):
        engine.abort(migration)


def test_an_abort_needs_its_file_once_something_ran(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    one_shop.engine().expand(migration)
    with pytest.raises(Refused, match=r"no abort\.sql"):
        one_shop.engine().abort(migration)


def test_an_abort_before_anything_ran_undoes_nothing(one_shop: Shop, one_database: Database) -> None:
    """Its statements may fit what was there before: here visits was NOT NULL without our doing."""
    migration = one_shop.write("m", expand=NICK, abort="ALTER TABLE public.users ALTER COLUMN visits DROP NOT NULL;")
    before = schema_dump(one_database.server, one_shop.dsn)
    assert one_shop.engine().abort(migration).after.value == "aborted"
    assert schema_dump(one_database.server, one_shop.dsn) == before


def test_a_contract_that_is_not_written_yet(one_shop: Shop) -> None:
    engine, migration = one_shop.engine(), one_shop.write("m", expand=NICK, manifest=CONTRACT)
    engine.expand(migration)
    assert engine.migrate(migration).after.value == "migrated"
    with pytest.raises(Refused, match=r"no contract\.sql yet\. Write it before 2099-01-01"):
        engine.contract(migration)


def test_a_migration_without_contract_ends_after_migrate(one_shop: Shop) -> None:
    """Also when the tool was ended between the two last states."""
    engine, migration = one_shop.engine(), one_shop.write("m", expand=NICK)
    engine.expand(migration)

    def end(event: Event) -> None:
        if event.data.get("target") == "migrated":
            raise Stopped("the test ends it here")

    with pytest.raises(Stopped):
        one_shop.engine(end).migrate(migration)
    assert one_shop.state("m") == "migrated"
    assert engine.resume(migration).after.value == "complete"


def test_a_dependency_must_have_migrated(one_shop: Shop) -> None:
    engine = one_shop.engine()
    first = one_shop.write("first", expand=NICK)
    second = one_shop.write("second", expand="SELECT 1;", manifest="[migration]\ndepends_on = ['first']")
    with pytest.raises(GateClosed, match=r"second depends on first \(pending\)"):
        engine.expand(second)
    engine.expand(first)
    with pytest.raises(GateClosed, match=r"first \(expanded\)"):
        engine.expand(second)
    engine.migrate(first)
    assert engine.expand(second).after.value == "expanded"
