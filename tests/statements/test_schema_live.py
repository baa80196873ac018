"""What the schema adds to the facts, on live servers: replay a world, run it, compare. Cases: schema_cases.toml.

A case that names a version runs on each server, any other on one by default.
"""

import secrets
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError
from migrator.sandbox.cluster import Cluster
from migrator.schema.catalog import read_schema
from migrator.schema.dump import read_dump
from migrator.schema.effects import effects_in
from migrator.schema.model import Schema
from migrator.schema.replay import replay
from migrator.statements.effects import Effects, Fact
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement
from tests.statements.observer import Seen, observe, requested_level

WORLDS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "schema_cases.toml").read_text(encoding="utf-8"))[
    "world"
]
VERSIONED = {"since", "until"}


def _param(world: Mapping[str, Any], case: Mapping[str, Any]) -> object:
    marks = [pytest.mark.every_server] if VERSIONED & (world.keys() | case.keys()) else []
    return pytest.param(world, case, marks=marks, id=f"{world['name']}: {case['sql']}")


CASES = [_param(world, case) for world in WORLDS for case in world["case"]]


@dataclass(frozen=True)
class World:
    connection: Connection
    schemas: tuple[Schema, ...]
    """The same schema by every way to learn it: replayed files, the catalog, a dump."""


@pytest.fixture(scope="module")
def worlds(server: Cluster) -> Iterator[dict[str, World]]:
    """One database per setup, made when its first case comes."""
    made: dict[str, World] = {}
    yield made
    for world in made.values():
        name = world.connection.info.dbname
        world.connection.close()
        server.drop_database(name)


def entered(worlds: dict[str, World], server: Cluster, world: Mapping[str, Any], case: Mapping[str, Any]) -> World:
    """Return the world of the case; one that has something of its own before it gets a world of its own."""
    before: str = case.get("before", "")
    key = world["name"] + before
    if key not in worlds:
        name = f"schema_{secrets.token_hex(4)}"
        server.create_database(name)
        connection = connect(server.primary.dsn_of(name))
        connection.execute((world["setup"] + before).encode())
        dump = dumped(server, name)
        replayed = replay(statements(before), replay(statements(world["setup"])))
        session = [s for s in statements(before) if s.kind == "variable_set_stmt"]  # no catalog or dump holds it
        others = (replay(session, schema) for schema in (read_schema(connection), read_dump(dump)))
        worlds[key] = World(connection, (replayed, *others))
    return worlds[key]


def dumped(server: Cluster, database: str) -> str:
    command = [str(server.programs.path("pg_dump")), "--schema-only", server.primary.dsn_of(database)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def statements(text: str) -> tuple[Statement, ...]:
    parsed = parse_sql(text)
    assert not parsed.problems
    return parsed.statements


def said(case: Mapping[str, Any], schema: Schema, version: int) -> Effects:
    (statement,) = statements(case["sql"])
    return effects_in(statement, schema, version, case.get("settings", {}))


@pytest.mark.parametrize(("world", "case"), CASES)
def test_the_schema_tells_what_happens(
    world: dict[str, Any], case: dict[str, Any], server: Cluster, worlds: dict[str, World]
) -> None:
    version = server.programs.major
    if version < max(world.get("since", 0), case.get("since", 0)) or version > case.get("until", 99):
        pytest.skip("another PostgreSQL")
    here = entered(worlds, server, world, case)
    every = [said(case, schema, version) for schema in here.schemas]
    assert len({outcome(effects) for effects in every}) == 1, "files, catalog and dump tell the same"
    effects = every[0]
    assert not effects.is_opaque
    if not effects.is_transactional and not effects.errors:
        for lock in effects.locks:
            if is_lockable(here.connection, str(lock.table)):
                assert requested_level(dsn_of(server, here), case["sql"], lock) is lock.level
        return
    seen = seen_or_error(here.connection, case)
    if isinstance(seen, str):
        assert effects.errors, seen
        return
    assert not effects.errors
    assert levels(effects) == dict(seen.locks) | {k: v for k, v in seen.index_locks.items() if k in levels(effects)}
    if not case["sql"].startswith("TRUNCATE"):  # its new empty file is no rewrite
        assert_costs(effects, seen, is_unknown=case.get("unknown", False))


def dsn_of(server: Cluster, world: World) -> str:
    return server.primary.dsn_of(world.connection.info.dbname)


def is_lockable(connection: Connection, table: str) -> bool:
    row = connection.execute("SELECT relkind IN ('r', 'p') AS yes FROM pg_class WHERE oid = %s::regclass", (table,))
    return bool((row.fetchone() or {}).get("yes"))


def outcome(effects: Effects) -> object:
    costs = frozenset(effects.rewrites), frozenset(effects.scans), effects.rewrite, effects.scan
    return frozenset(effects.locks), *costs, effects.held, bool(effects.errors)


def seen_or_error(connection: Connection, case: Mapping[str, Any]) -> Seen | str:
    """Run the case and return what was seen, or the server's words."""
    if case.get("before", "").startswith("SET "):
        connection.execute(case["before"].encode())
    for name, value in case.get("settings", {}).items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    try:
        return observe(connection, case["sql"])
    except DatabaseError as error:
        return str(error)
    finally:
        connection.execute("RESET ALL")


def levels(effects: Effects) -> dict[str, Any]:
    return {f"{lock.table.schema}.{lock.table.name}": lock.level for lock in effects.locks}


def assert_costs(effects: Effects, seen: Seen, *, is_unknown: bool) -> None:
    facts = {effects.rewrite, effects.scan}
    assert (Fact.UNKNOWN in facts) is is_unknown
    assert effects.missing or not is_unknown, "an unknown fact says what one would have to know"
    if not is_unknown:
        assert {f"{table.schema}.{table.name}" for table in effects.rewrites} == seen.rewritten
        assert {f"{table.schema}.{table.name}" for table in effects.scans} == seen.scanned_tables
    assert (effects.rewrite is Fact.YES) is bool(effects.rewrites)
    assert (effects.scan is Fact.YES) is bool(effects.scans)
