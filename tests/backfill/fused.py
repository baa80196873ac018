"""A worker in a thread that runs as many batches as it is allowed, and dies at any statement that the test likes."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any

from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.clock import SystemClock
from migrator.events import Event, EventKind
from migrator.pg.connection import Connection, connect
from tests.backfill.scenes import request

_LONGEST_SECONDS = 60.0
_LONGEST_REST_SECONDS = 1200.0
"""Only so that nothing hangs for ever: replicas that are stopped and started many times take minutes."""


class Killed(BaseException):
    """What kill -9 is to a process: nothing is given back, nothing is recorded, the session ends."""


@dataclass
class FusedWorker:
    """Stands still after each batch until it gets a permit; so it may well sleep past its lease."""

    dsn: str
    spec: BackfillSpec
    batches: int = 0
    error: BaseException | None = None
    is_killed: bool = False
    fuse: int | None = None
    """Statements until it dies."""
    losses: int = 0
    permits: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1))

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def step(self, batches: int, seconds: float = 0.5) -> None:
        """Allow so many batches and wait until they are done; one that a throttle holds back does them later."""
        wanted = self.batches + batches
        self.permits.release(batches)
        clock = SystemClock()
        until = clock.monotonic() + seconds
        while self.thread.is_alive() and self.batches < wanted and clock.monotonic() < until:
            clock.wait(0.005, "the worker is at work")

    def kill(self, statements: int) -> None:
        """Let it die after so many more statements, or at its next rest."""
        self.fuse = statements
        self.permits.release(statements + 1)
        self.thread.join(1)
        self.is_killed = True
        self.permits.release(1000)
        self.thread.join(_LONGEST_SECONDS)
        assert not self.thread.is_alive(), "a killed worker lives on"

    def _run(self) -> None:
        asked = replace(request(self.dsn, self.spec, self._hear, throttles=None), connect=self._connect)
        try:
            BackfillRunner(asked).run()
        except Killed:
            self.is_killed = True
        except BaseException as exc:  # noqa: BLE001 handed to the test
            self.error = exc

    def _hear(self, event: Event) -> None:
        if event.kind is EventKind.BACKFILL_LEASE_LOST:
            self.losses += 1
        if event.kind in {EventKind.BACKFILL_BATCH, EventKind.BACKFILL_PAUSED}:
            if event.kind is EventKind.BACKFILL_BATCH:
                self.batches += 1
                assert self.permits.acquire(timeout=_LONGEST_REST_SECONDS)
            if self.is_killed:
                raise Killed

    def _connect(self) -> Connection:
        connection = connect(self.dsn, application_name="migrator/backfill")
        execute = connection.execute

        def fused(*arguments: Any, **more: Any) -> Any:
            if threading.current_thread() is self.thread and self.fuse is not None:
                self.fuse -= 1
                if self.fuse < 0:
                    connection.close()
                    raise Killed
            return execute(*arguments, **more)

        connection.execute = fused  # type: ignore[method-assign]
        return connection
