"""kill -9 at every boundary of `expand --all`: run again, it ends as undisturbed, and each thing ran once."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from migrator.pg.connection import connect
from migrator.phases.drift import drift
from migrator.phases.pending import expand_all
from migrator.sandbox.cluster import Cluster
from migrator.state.install import install
from migrator.state.store import Store
from tests.faults.killing import KILLED, shares, started_victims
from tests.fix_app import Shop
from tests.phases.looking import schema_dump

FILES = {
    "1_a": "CREATE TABLE public.a (id int); INSERT INTO public.a VALUES (1);",
    "R__v": "CREATE OR REPLACE VIEW public.v AS SELECT id FROM public.a; INSERT INTO public.a VALUES (2);",
}

SHARES = 8


class Picture(NamedTuple):
    """What must not depend on a kill; `rows` tells what ran twice."""

    schema: str
    rows: list[int]
    states: dict[str, str]
    repeatables: int
    claims: int
    drift: tuple[str, ...]


def _picture(server: Cluster, shop: Shop) -> Picture:
    with connect(shop.dsn) as connection:
        rows = [row["id"] for row in connection.execute("SELECT id FROM a ORDER BY id")]
        runs = connection.execute("SELECT runs FROM migrator.repeatable").fetchall()
        claims = connection.execute("SELECT 1 AS x FROM migrator.claim").fetchall()
        states = {record.id: record.state.value for record in Store(connection, "test").migrations()}
        found = tuple(str(item.object) for item in drift(connection).differences)
        return Picture(schema_dump(server, shop.dsn), rows, states, sum(r["runs"] for r in runs), len(claims), found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / f"{name}.sql").write_text(text)
    return tmp_path


@pytest.fixture
def template(one_server: Cluster) -> Generator[str]:
    name = f"all_{secrets.token_hex(5)}"
    one_server.create_database(name)
    with connect(one_server.primary.dsn_of(name)) as connection:
        install(connection)
    yield name
    one_server.drop_database(name)


@contextmanager
def _copy(server: Cluster, template: str, folder: Path) -> Generator[Shop]:
    name = f"killed_{secrets.token_hex(5)}"
    server.create_database(name, template)
    try:
        yield Shop(server.primary.dsn_of(name), folder)
    finally:
        server.drop_database(name)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", shares(SHARES))
def test_killed_at_every_point_and_run_again(one_server: Cluster, template: str, folder: Path, share: int) -> None:
    with _copy(one_server, template, folder) as shop:
        expand_all(shop.engine(), folder, lambda _: None)
        expected = _picture(one_server, shop)
    assert (expected.rows, expected.repeatables, expected.claims, expected.drift) == ([1, 2], 1, 0, ())
    number = 0
    with started_victims() as victims:
        for number in count(share + 1, SHARES):
            with _copy(one_server, template, folder) as shop:
                code = victims.run(shop, "expand_all", number=number)
                assert code in (KILLED, 0)
                expand_all(shop.engine(), folder, lambda _: None)
                assert _picture(one_server, shop) == expected, f"killed at point {number}"
            if code == 0:
                break
    assert number > 40
