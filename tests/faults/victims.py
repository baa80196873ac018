"""Runs a migration in processes that die by SIGKILL wherever the test likes.

Started once; for each line of JSON on stdin it forks a child, which has everything imported already, and says on
stdout first the child's pid and then how it ended. The points at which a child can be killed are every event, and
the moments directly before and after each write of a step's end or of a state: for a step with its own transaction
these lie between its statements and COMMIT. When asked for, every statement sent to the server is two points more.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from migrator.events import Event
from migrator.phases.engine import Engine
from migrator.phases.pending import expand_all
from migrator.state.store import Store
from tests.fix_app import RENAME, Shop


@dataclass
class Points:
    """Counts and names the points passed; kills this process at the one asked for."""

    number: int | None
    label: str | None
    delay_seconds: float = 0
    """How long after the point it dies: in the middle of whatever it does then."""
    passed: int = 0
    is_counting: bool = False

    def reach(self, label: str) -> None:
        if not self.is_counting:
            return
        self.passed += 1
        if self.passed == self.number or label == self.label:
            if self.delay_seconds:
                threading.Timer(self.delay_seconds, _die).start()
                return
            _die()
            threading.Event().wait()  # the signal comes at once, but perhaps to another thread first

    def hear(self, event: Event) -> None:
        self.reach(" ".join(str(part) for part in (event.kind.value, *_where(event.data))))

    def around(self, name: str, label: Callable[[tuple[Any, ...]], object], owner: type = Store) -> None:
        """Make the moments before and after a method points; this process is thrown away."""
        write = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.reach(f"before {name} {label(args)}")
            result = write(*args, **kwargs)
            self.reach(f"after {name} {label(args)}")
            return result

        setattr(owner, name, wrapped)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _where(data: Any) -> list[object]:
    return [data[key] for key in ("phase", "number", "target") if key in data]


def run(asked: dict[str, Any]) -> int:
    """Run the commands; count points in the last one only, or in all of them. Return how many were passed."""
    points = Points(asked.get("number"), asked.get("label"), asked.get("delay_seconds", 0))
    points.around("end_step", lambda args: f"{args[2]} {args[3]}")
    points.around("change_state", lambda args: args[2].value)
    points.around("claim", lambda args: args[1])
    points.around("vouch", lambda args: args[1])
    if asked.get("every_statement"):
        points.around("execute", lambda args: args[1], psycopg.Connection)
    shop = Shop(asked["dsn"], Path(asked["migrations"]))
    migration = asked.get("migration", RENAME)
    engine = shop.engine(points.hear)
    *first, last = asked["commands"]
    points.is_counting = not asked.get("only_last")
    for command in first:
        _command(engine, shop, command, migration)
    points.is_counting = False
    if last == "contract":  # what its gates ask of an operator
        with psycopg.connect(shop.dsn, autocommit=True) as connection:
            for text in asked.get("before_contract", ()):
                connection.execute(text.encode())
    points.is_counting = True
    _command(engine, shop, last, migration)
    return points.passed


def _command(engine: Engine, shop: Shop, command: str, migration: str) -> None:
    if command == "expand_all":
        expand_all(engine, shop.migrations, lambda _: None)
    else:
        getattr(engine, command)(shop.migration(migration))


def _say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _fork(asked: dict[str, Any]) -> None:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            os.write(write, str(run(asked)).encode())
            os._exit(0)
        except BaseException as exc:  # noqa: BLE001 reported by its exit code and on stderr
            sys.stderr.write(f"{type(exc).__name__}: {exc}\n")
            os._exit(1)
    os.close(write)
    _say(pid=pid)
    status = os.waitpid(pid, 0)[1]
    with os.fdopen(read) as answer:
        passed = answer.read()
    _say(code=os.waitstatus_to_exitcode(status), points=int(passed or 0))


if __name__ == "__main__":
    for line in sys.stdin:
        _fork(json.loads(line))
