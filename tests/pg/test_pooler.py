"""A real PgBouncer in between is refused in every pool mode; a direct connection is not."""

import os
import shutil
import socket
import subprocess
from collections.abc import Generator

import pytest

from migrator.clock import SystemClock
from migrator.errors import DatabaseFailed, PoolerInBetween
from migrator.pg.connection import connect
from migrator.pg.session import open_session
from migrator.sandbox.identity import server_identity
from tests.fix_server import Database, wait_until

pytestmark = pytest.mark.system


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(params=["transaction", "session", "statement"])
def pooled_dsn(request: pytest.FixtureRequest, one_database: Database) -> Generator[str]:
    """A real PgBouncer before the test's database."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None and "CI" not in os.environ:
        pytest.skip("pgbouncer is not installed; CI installs it")
    assert program, "CI must have pgbouncer"
    port, server = _free_port(), one_database.server.primary
    identity = server_identity()
    folder = one_database.server.directory / f"pgbouncer-{port}"  # one that the servers' user may enter
    folder.mkdir(mode=0o700)
    identity.own(folder, 0o700)
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n{one_database.name} = host=127.0.0.1 port={server.port} user=postgres "
        f"password={server.home.password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = any\npool_mode = {request.param}\n"
    )
    identity.own(config, 0o600)
    process = subprocess.Popen(
        [program, "--quiet", config],
        cwd=folder,
        user=identity.uid if identity.is_dropped else None,
        group=identity.gid if identity.is_dropped else None,
        extra_groups=[] if identity.is_dropped else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    dsn = f"postgresql://postgres@127.0.0.1:{port}/{one_database.name}"
    try:
        wait_until(lambda: _answers(dsn), "pgbouncer to answer")
        yield dsn
    finally:
        process.terminate()
        process.wait()


def _answers(dsn: str) -> bool:
    try:
        connect(dsn).close()
    except DatabaseFailed:
        return False
    return True


def test_a_pooler_is_refused_in_every_mode(pooled_dsn: str) -> None:
    with (
        pytest.raises(PoolerInBetween, match=r"pooler stands between .* Connect to the server itself"),
        open_session(pooled_dsn, "m", SystemClock(), 0),
    ):
        pytest.fail("the pooler was not noticed")


def test_a_direct_connection_is_fine(one_database: Database) -> None:
    with open_session(one_database.dsn, "m", SystemClock(), 0) as session:
        assert session.pid > 0
