"""The demo application of docker-compose: `python -m migrator.sandbox.application` until SIGTERM.

Loads the shop's tables into MIGRATOR_DSN when they are not there, then runs clients of the old code, and of the
new code once the new column exists, and prints one line of figures every ten seconds.
"""

import os
import signal
import sys
import threading
from types import FrameType

from migrator.clock import SystemClock
from migrator.errors import ConfigError, MigratorError, Stopped
from migrator.pg.connection import connect
from migrator.pg.driver import Connection
from migrator.sandbox.clients import Fleet, fleet
from migrator.sandbox.shop import load_shop
from migrator.state.install import install

_ROWS = 100_000
_CLIENTS = 4
_REPORT_SECONDS = 10.0
_VERSIONS = {"email": ("1.9", 0, ""), "mail": ("2.0", _CLIENTS, "email")}
"""Column that the code knows -> its version, its first slice of the rows, the column that it falls back to."""


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit code."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    try:
        _run(os.environ.get("MIGRATOR_DSN", ""), SystemClock(stop))
    except Stopped:
        return 0
    except MigratorError as exc:
        sys.stderr.write(f"application: {exc}\n")
        return 2
    return 0


def _run(dsn: str, clock: SystemClock) -> None:
    if not dsn:
        raise ConfigError("MIGRATOR_DSN is not set.", "Set it to the primary's connection string.")
    running: dict[str, Fleet] = {}
    with connect(dsn, application_name="shop/setup") as connection:
        _load(connection)
        try:
            while True:
                _deploy(dsn, connection, running)
                clock.wait(_REPORT_SECONDS, "the next report")
                _report(running)
        finally:
            for clients in running.values():
                clients.stop()


def _load(connection: Connection) -> None:
    row = connection.execute("SELECT to_regclass('public.users') IS NULL AS is_new").fetchone()
    if row and row["is_new"]:
        load_shop(connection, _ROWS)
    install(connection)


def _deploy(dsn: str, connection: Connection, running: dict[str, Fleet]) -> None:
    """Start the code whose column exists, and take out of service the code whose column is gone."""
    query = "SELECT attname FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND NOT attisdropped"
    present = {row["attname"] for row in connection.execute(query)}
    for column in _VERSIONS:
        if column in present and column not in running:
            running[column] = _fleet(dsn, column)
            running[column].start()
        elif column not in present and column in running:
            running.pop(column).stop()


def _fleet(dsn: str, column: str) -> Fleet:
    version, slot, fallback = _VERSIONS[column]
    rows = _ROWS // (2 * _CLIENTS)
    return fleet(
        dsn,
        column=column,
        fallback=fallback,
        version=version,
        count=_CLIENTS,
        first_slot=slot,
        rows_per_client=rows,
    )


def _report(running: dict[str, Fleet]) -> None:
    for column, clients in running.items():
        samples = clients.take_samples()
        failed = sum(1 for sample in samples if sample.error)
        sys.stdout.write(f"code that knows {column}: {len(samples)} queries, {failed} failed\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
