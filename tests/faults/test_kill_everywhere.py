"""kill -9 at every boundary of a rename: `resume` reaches the same schema and the same data as an undisturbed run."""

import os
import secrets
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import count
from pathlib import Path

import pytest

from migrator.errors import LeaseHeld
from migrator.events import EventKind
from migrator.pg.connection import connect
from migrator.sandbox.cluster import Cluster
from migrator.sandbox.shop import load_shop
from migrator.state.install import install
from tests.faults.killing import KILLED, Picture, Victims, finish, picture, shares, started_victims
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar, schema_dump

ROWS = 300
PHASES = ("expand", "migrate", "contract")


@pytest.fixture(scope="module")
def victims() -> Generator[Victims]:
    with started_victims() as started:
        yield started


@dataclass(frozen=True)
class Copies:
    """Fresh copies of one prepared shop, with its rendered rename."""

    server: Cluster
    template: str
    migrations: Path

    @contextmanager
    def shop(self) -> Generator[Shop]:
        name = f"killed_{secrets.token_hex(5)}"
        self.server.create_database(name, self.template)
        try:
            yield Shop(self.server.primary.dsn_of(name), self.migrations)
        finally:
            self.server.drop_database(name)

    @cached_property
    def undisturbed(self) -> Picture:
        """The picture of a rename that nobody killed."""
        with self.shop() as shop:
            finish(shop)
            return picture(self.server, shop.dsn)


@contextmanager
def _prepared(server: Cluster, folder: Path) -> Generator[Copies]:
    template = f"shop_{secrets.token_hex(5)}"
    server.create_database(template)
    dsn = server.primary.dsn_of(template)
    try:
        with connect(dsn) as connection:
            load_shop(connection, ROWS)
            install(connection)
        Shop(dsn, folder).render_rename()
        yield Copies(server, template, folder)
    finally:
        server.drop_database(template)


@pytest.fixture(scope="module")
def copies(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Copies]:
    with _prepared(server, tmp_path_factory.mktemp("shop")) as made:
        yield made


@pytest.fixture(scope="module")
def one_copies(one_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Copies]:
    with _prepared(one_server, tmp_path_factory.mktemp("shop")) as made:
        yield made


SHARES, ABORT_SHARES = 16, 4
"""The points are shared out among this many tests, of which one runs by default."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", shares(SHARES))
def test_killed_at_every_point_and_resumed(one_copies: Copies, victims: Victims, share: int) -> None:
    expected, number = one_copies.undisturbed, 0
    for number in count(share + 1, SHARES):
        with one_copies.shop() as shop:
            code = victims.run(shop, *PHASES, number=number)
            if code == 0:
                break  # the run has fewer points than this: all of them were tried
            assert code == KILLED
            finish(shop)
            assert picture(one_copies.server, shop.dsn) == expected, f"killed at point {number}"
    assert number > 80


@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", shares(ABORT_SHARES))
def test_killed_at_every_point_of_an_abort_and_resumed(one_copies: Copies, victims: Victims, share: int) -> None:
    before, number = schema_dump(one_copies.server, one_copies.server.primary.dsn_of(one_copies.template)), 0
    for number in count(share + 1, ABORT_SHARES):
        with one_copies.shop() as shop:
            code = victims.run(shop, "expand", "migrate", "abort", number=number, only_last=True)
            if code == 0:
                break
            assert code == KILLED
            engine = shop.engine()
            engine.resume(shop.migration())
            assert engine.abort(shop.migration()).after.value == "aborted", f"killed at point {number}"
            assert schema_dump(one_copies.server, shop.dsn) == before, f"killed at point {number}"
    assert number > 15


@pytest.mark.parametrize(
    "label",
    [
        pytest.param("before end_step expand 1", marks=pytest.mark.thorough),  # executed, not committed
        "after end_step expand 1",  # recorded, not committed
        pytest.param("backfill.batch", marks=pytest.mark.thorough),
        "step.executed migrate 1",  # CREATE INDEX CONCURRENTLY: built, not recorded
        pytest.param("after end_step migrate 4", marks=pytest.mark.thorough),
        "after change_state contracting",  # sealed, not committed
        "step.executed contract 2",  # DROP INDEX CONCURRENTLY
        pytest.param("after end_step contract 4", marks=pytest.mark.thorough),
        pytest.param("before change_state complete", marks=pytest.mark.thorough),
    ],
)
def test_killed_on_every_server(copies: Copies, victims: Victims, label: str) -> None:
    with copies.shop() as shop:
        assert victims.run(shop, *PHASES, label=label) == KILLED
        finish(shop)
        assert picture(copies.server, shop.dsn) == copies.undisturbed


@contextmanager
def _killed_in_the_index_build(shop: Shop, victims: Victims) -> Generator[int]:
    """Kill the tool while its CREATE INDEX CONCURRENTLY waits for an old snapshot; give the server process of it."""
    engine = shop.engine()
    engine.expand(shop.migration())
    with connect(shop.dsn) as reader, connect(shop.dsn) as watcher:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM orders")
        pid = victims.begin(dsn=shop.dsn, migrations=str(shop.migrations), commands=["migrate"])
        builders = "SELECT pid FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'"
        wait_until(lambda: scalar(watcher, builders) is not None, "the index build to wait for the reader")
        builder = scalar(watcher, builders)
        os.kill(pid, signal.SIGKILL)
        assert victims.end() == KILLED
        yield builder
        reader.execute("ROLLBACK")


def _index(shop: Shop) -> tuple[int, bool]:
    with connect(shop.dsn) as connection:
        row = connection.execute(
            "SELECT indexrelid::bigint AS oid, indisvalid AS valid FROM pg_index "
            "WHERE indexrelid = 'public.users_mail_idx'::regclass"
        ).fetchone()
    assert row
    return row["oid"], row["valid"]


def test_an_orphan_that_finishes_its_index_is_accepted(copies: Copies, victims: Victims) -> None:
    with copies.shop() as shop:
        with _killed_in_the_index_build(shop, victims) as builder:
            with pytest.raises(LeaseHeld, match=f"pid {builder}"):
                shop.engine(runner_wait=timedelta(0)).resume(shop.migration())
            built, is_valid = _index(shop)
            assert not is_valid
        finish(shop)
        assert _index(shop) == (built, True)
        assert EventKind.STEP_SKIPPED in shop.kinds()
        assert picture(copies.server, shop.dsn) == copies.undisturbed


def test_an_index_that_an_orphan_left_invalid_is_built_again(one_copies: Copies, victims: Victims) -> None:
    with one_copies.shop() as shop:
        with _killed_in_the_index_build(shop, victims) as builder, connect(shop.dsn) as watcher:
            is_gone = f"SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {builder})"
            wait_until(lambda: scalar(watcher, is_gone), "the server to notice that the client is gone")
            broken, is_valid = _index(shop)
            assert not is_valid
        finish(shop)
        built, is_valid = _index(shop)
        assert is_valid
        assert built != broken
        assert picture(one_copies.server, shop.dsn) == one_copies.undisturbed
