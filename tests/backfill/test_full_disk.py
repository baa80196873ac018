"""A tablespace that is really full: the backfill ends with words, and goes on when there is room, each row once.

Needs the right to mount a small file system, which few machines give; the suite has the same with a simulated error.
"""

import os
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from migrator.backfill.runner import BackfillRunner
from migrator.errors import DatabaseFailed
from migrator.pg.connection import Connection
from migrator.state import backfills
from tests.backfill.scenes import MIGRATION, install_state, request, spec, touched
from tests.fix_server import Database

ROWS = 20_000


@pytest.fixture
def small_disk(private_database: Database) -> Generator[Path]:
    """Mount a file system of 32 MB that the servers' user owns, beside the server's own directory."""
    folder = private_database.server.directory / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let us mount a file system")
    owner = private_database.server.directory.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    try:
        yield folder
    finally:
        private_database.server.primary.stop("immediate")
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.thorough
def test_a_full_tablespace_ends_the_run_and_room_lets_it_go_on(
    small_disk: Path, private_database: Database, private_connection: Connection
) -> None:
    install_state(private_connection)
    private_connection.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'".encode())
    private_connection.execute(
        """CREATE TABLE items (id int PRIMARY KEY, touched int NOT NULL DEFAULT 0, filling text)
           WITH (autovacuum_enabled = off) TABLESPACE small"""
    )
    private_connection.execute(
        f"INSERT INTO items SELECT g, 0, repeat('x', 700) FROM generate_series(1, {ROWS}) g".encode()
    )
    free = os.statvfs(small_disk)
    other = small_disk / "of_somebody_else"
    other.write_bytes(bytes(free.f_bavail * free.f_frsize - 2 * 1024 * 1024))
    asked = request(private_database.dsn, spec(limits={"target_batch": "50ms"}))
    for _ in range(2):
        with pytest.raises(DatabaseFailed, match="No space left on device") as failed:
            BackfillRunner(asked).run()
        assert "make room, then run the command again" in failed.value.todo
    done = backfills.read(private_connection, MIGRATION, asked.name).rows_done
    assert 0 < done < ROWS
    assert touched(private_connection) == {0: ROWS - done, 1: done}

    other.unlink()
    BackfillRunner(asked).run()
    assert touched(private_connection) == {1: ROWS}
