"""Every fact against every server: a wrong lock, rewrite or scan fails the build. Cases: cases.toml."""

import secrets
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrator.locks import LockLevel
from migrator.pg.connection import Connection, connect
from migrator.sandbox.cluster import Cluster
from migrator.statements.effects import Effects, Fact
from migrator.statements.facts import effects_of
from migrator.statements.facts.volatility import STEADY, VOLATILE
from migrator.statements.parse import parse_sql
from tests.statements.observer import Seen, observe, requested_level

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))["case"]
_REPLACES_THE_FILE = {"truncate_stmt"}


@pytest.fixture(scope="module")
def world(server: Cluster) -> Iterator[str]:
    """A database with the objects of world.sql; every case leaves it as it was."""
    name = f"facts_{secrets.token_hex(4)}"
    server.create_database(name)
    dsn = server.primary.dsn_of(name)
    with connect(dsn) as connection:
        connection.execute((HERE / "world.sql").read_bytes())
    yield dsn
    server.drop_database(name)


@pytest.fixture(scope="module")
def session(world: str) -> Iterator[Connection]:
    with connect(world) as connection:
        yield connection


def parsed_effects(case: Mapping[str, Any], version: int) -> tuple[Effects, str]:
    (statement,) = parse_sql(case["sql"]).statements
    return effects_of(statement, version), statement.kind


def expected_locks(effects: Effects, case: Mapping[str, Any]) -> dict[str, LockLevel]:
    also = {name: LockLevel[level.replace(" ", "_")] for name, level in case.get("also", {}).items()}
    is_strong = max(also.values(), default=LockLevel.NONE) > LockLevel.ROW_EXCLUSIVE
    assert effects.missing or not is_strong, "a lock that the text cannot tell must be named in `missing`"
    return {f"{lock.table.schema}.{lock.table.name}": lock.level for lock in effects.locks} | also


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["sql"])
def test_a_statement_does_what_its_effects_say(
    case: dict[str, Any], server: Cluster, world: str, session: Connection
) -> None:
    version = server.programs.major
    if version < case.get("since", 0):
        pytest.skip(f"needs PostgreSQL {case['since']}")
    effects, kind = parsed_effects(case, version)
    assert not effects.is_opaque
    if not effects.is_transactional:
        assert_waits_for_what_it_says(effects, case["sql"], world)
        return
    seen = observe(session, case["sql"])
    assert_locks(effects, case, seen)
    if kind not in _REPLACES_THE_FILE and "WITH NO DATA" not in case["sql"]:
        assert_fact(effects.rewrite, case.get("rewrite"), bool(seen.rewritten), effects.missing)
    assert_fact(effects.scan, case.get("scan", case.get("rewrite")), bool(seen.scanned), effects.missing)


def assert_locks(effects: Effects, case: Mapping[str, Any], seen: Seen) -> None:
    expected = expected_locks(effects, case)
    indexes = {name: level for name, level in expected.items() if name in seen.index_locks}
    assert {name: level for name, level in expected.items() if name not in indexes} == dict(seen.locks)
    assert indexes == {name: seen.index_locks[name] for name in indexes}


def assert_fact(claimed: Fact, stated: bool | None, seen: bool, missing: tuple[str, ...]) -> None:
    if claimed is Fact.UNKNOWN:
        assert missing, "an unknown fact says what one would have to know"
        assert stated is seen
    else:
        assert claimed is (Fact.YES if seen else Fact.NO)


def assert_waits_for_what_it_says(effects: Effects, sql: str, world: str) -> None:
    with connect(world) as connection:
        tables = [lock for lock in effects.locks if is_lockable(connection, str(lock.table))]
    assert tables or "INDEX" in sql
    for lock in tables:
        assert requested_level(world, sql, lock) is lock.level


def is_lockable(connection: Connection, table: str) -> bool:
    row = connection.execute("SELECT relkind IN ('r', 'p') AS yes FROM pg_class WHERE oid = %s::regclass", (table,))
    return bool((row.fetchone() or {}).get("yes"))


def test_function_volatility_is_what_the_server_says(session: Connection) -> None:
    rows = session.execute(
        """SELECT proname AS name, array_agg(DISTINCT provolatile::text) AS kinds FROM pg_proc
           WHERE pronamespace = 'pg_catalog'::regnamespace GROUP BY proname"""
    ).fetchall()
    kinds = {row["name"]: set(row["kinds"]) for row in rows}
    assert {name for name in VOLATILE if name in kinds and kinds[name] == {"v"}} == {n for n in VOLATILE if n in kinds}
    assert {name for name in STEADY if "v" in kinds.get(name, set())} == set()
    assert STEADY - kinds.keys() <= {"any_value"}  # since 16
