"""A rename while old and new code run: no query fails, from expand to contract, and with an abort half-way."""

from contextlib import ExitStack

import pytest

from migrator.errors import Stopped
from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.sandbox.clients import Fleet
from migrator.sandbox.shop import compare, expected_addresses
from tests.fix_app import ROWS, Shop
from tests.fix_server import Database
from tests.phases.looking import RENAMED, failures, schema_dump, users_parts, wait_for_queries

pytestmark = pytest.mark.replica


def _begin(fleet: Fleet, stack: ExitStack) -> None:
    stack.callback(fleet.stop)
    fleet.start()
    wait_for_queries(fleet)


def test_rename_while_old_and_new_code_run(shop: Shop, database: Database) -> None:
    migration, engine = shop.render_rename(), shop.engine()
    old, new = shop.old_code(), shop.new_code()
    with ExitStack() as stack:
        _begin(old, stack)
        assert engine.expand(migration).after.value == "expanded"
        _begin(new, stack)
        assert engine.migrate(migration).after.value == "migrated"
        wait_for_queries(old)
        wait_for_queries(new)
        old.stop()
        assert engine.contract(migration).after.value == "complete"
        wait_for_queries(new)
    assert failures(old, new) == []
    expected = expected_addresses(ROWS, [*old.clients, *new.clients])
    assert len(expected) > ROWS  # the clients inserted rows as well
    database.server.wait_caught_up()
    for dsn in (database.dsn, database.replica_dsn):
        with connect(dsn) as connection:
            found = compare(connection, "mail", expected)
            assert (found.rows, found.lost, found.different) == (len(expected), 0, 0)
            assert users_parts(connection) == RENAMED


def _stop_half_way(shop: Shop, kind: EventKind, number: object) -> None:
    """Run migrate and stop it at the event; the next one in line is not reached."""

    def stop(event: Event) -> None:
        if event.kind is kind and event.data.get("number") == number:
            shop.stop.set()

    with pytest.raises(Stopped):
        shop.engine(stop).migrate(shop.migration())
    shop.stop.clear()
    assert shop.state() == "migrating"


_HALF_WAY = {
    "in the backfill": (EventKind.BACKFILL_BATCH, None),
    "with the index": (EventKind.STEP_DONE, 1),
    "with not null": (EventKind.STEP_DONE, 4),
}


@pytest.mark.parametrize("point", ["expanded", *_HALF_WAY, "migrated"])
def test_abort_restores_the_schema_under_old_code(shop: Shop, database: Database, point: str) -> None:
    migration, engine, old = shop.render_rename(), shop.engine(), shop.old_code()
    before = schema_dump(database.server, database.dsn)
    with ExitStack() as stack:
        _begin(old, stack)
        engine.expand(migration)
        if point in _HALF_WAY:
            _stop_half_way(shop, *_HALF_WAY[point])
        elif point == "migrated":
            engine.migrate(migration)
        assert schema_dump(database.server, database.dsn) != before
        assert engine.abort(migration).after.value == "aborted"
        wait_for_queries(old)
    assert failures(old) == []
    assert schema_dump(database.server, database.dsn) == before
    expected = expected_addresses(ROWS, old.clients)
    database.server.wait_caught_up()
    for dsn in (database.dsn, database.replica_dsn):
        with connect(dsn) as connection:
            found = compare(connection, "email", expected)
            assert (found.rows, found.lost, found.different) == (len(expected), 0, 0)


def test_after_an_abort_the_same_files_can_be_expanded_again(one_shop: Shop) -> None:
    migration, engine = one_shop.render_rename(), one_shop.engine()
    engine.expand(migration)
    engine.migrate(migration)
    engine.abort(migration)
    assert engine.expand(migration).before.value == "aborted"
    engine.migrate(migration)
    assert engine.contract(migration).after.value == "complete"
    with connect(one_shop.dsn) as connection:
        assert users_parts(connection) == RENAMED
