"""The test's end of `victims.py`, and the picture of a database that must be the same with and without a kill."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from migrator.pg.connection import Connection, connect
from migrator.sandbox.cluster import Cluster
from migrator.state.store import Store
from tests.fix_app import RENAME, Shop
from tests.phases.looking import schema_dump

KILLED = -9


@dataclass
class Victims:
    """A running `victims.py`."""

    _to: IO[str]
    _from: IO[str]
    points: int = 0
    """How many the last child passed; 0 when it was killed."""

    def begin(self, **asked: Any) -> int:
        """Start a child and return its pid."""
        self._to.write(json.dumps(asked) + "\n")
        self._to.flush()
        return self._read()["pid"]

    def end(self) -> int:
        """Wait for the child; return 0, `KILLED`, or 1 for an error."""
        ended = self._read()
        self.points = ended["points"]
        return ended["code"]

    def run(self, shop: Shop, *commands: str, **asked: Any) -> int:
        self.begin(dsn=shop.dsn, migrations=str(shop.migrations), commands=commands, **asked)
        return self.end()

    def _read(self) -> dict[str, int]:
        line = self._from.readline()
        assert line, "the process that starts victims has ended"
        return json.loads(line)


@contextmanager
def started_victims() -> Generator[Victims]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.faults.victims"]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield Victims(process.stdin, process.stdout)
        process.stdin.close()


def finish(shop: Shop) -> None:
    """Resume, then go through what is left of the three phases; each does nothing where there is nothing to do."""
    engine, migration = shop.engine(), shop.migration()
    engine.resume(migration)
    engine.expand(migration)
    engine.migrate(migration)
    assert engine.contract(migration).after.value == "complete"


@dataclass(frozen=True)
class Picture:
    """All that must not depend on whether the tool was killed in between."""

    schema: str
    users: str
    orders: str
    states: tuple[tuple[str, str], ...]
    """Every change of state, as the audit trail has them."""
    steps: tuple[tuple[str, int, str], ...]
    """Phase, number and state of each step."""
    done: tuple[tuple[str, int], ...]
    """Every step's end in the audit trail: exactly one each."""


def picture(server: Cluster, dsn: str) -> Picture:
    with connect(dsn) as connection:
        store = Store(connection, "test")
        history = store.history(RENAME)
        states = [row.detail for row in history if row.action == "state.changed"]
        ended = [row.detail for row in history if row.action in {"step.done", "step.skipped"}]
        return Picture(
            schema_dump(server, dsn),
            _rows(connection, "SELECT to_jsonb(users)::text AS row FROM users ORDER BY id"),
            _rows(connection, "SELECT to_jsonb(orders)::text AS row FROM orders ORDER BY id"),
            tuple((str(detail["from"]), str(detail["to"])) for detail in states),
            tuple((step.phase, step.number, step.state) for step in sorted(store.all_steps(RENAME), key=_place)),
            tuple(sorted((str(detail["phase"]), int(str(detail["step"]))) for detail in ended)),
        )


def _place(step: Any) -> tuple[str, int]:
    return step.phase, step.number


def _rows(connection: Connection, query: str) -> str:
    return "\n".join(row["row"] for row in connection.execute(query.encode()))


def shares(number: int) -> list[object]:
    """Return the parameters of a test whose points are shared out; the thorough suite runs more than the first."""
    return [0, *(pytest.param(share, marks=pytest.mark.thorough) for share in range(1, number))]
