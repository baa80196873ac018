"""Real servers for tests: every major version on this machine, a primary alone or, where marked `replica`, with one.

A cluster is started when a test first asks for it and lives until the end of the session (of the worker, with
`pytest -n`). Tests that stop, kill or promote servers take `private_server`, which is theirs alone.

    server          each version found: the test runs once per version (ids pg15, pg16, pg18); without a replica
    one_server      the newest version only
    private_server  a cluster of the newest version for this test alone
    database        a new database on `server`; `one_database`, `private_database` likewise; `contrib_database` on the
                    newest one with PostgreSQL's contrib modules; the wheels have none (tests marked `system`).
                    Empty; where the test takes a shop of `fix_app` too, it is the shop's, filled
    connection      an open `migrator.pg.connection` session in `database`; `one_connection`, `private_connection`
"""

import secrets
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrator.clock import SystemClock
from migrator.errors import DatabaseFailed
from migrator.pg.connection import Connection, connect
from migrator.sandbox.cluster import Cluster
from migrator.sandbox.programs import Programs, choose_programs, find_programs
from migrator.sandbox.server import Server
from migrator.sandbox.shop import load_shop
from migrator.state.install import install

ROWS = 400
"""How many users the shop of `fix_app` has."""
_TEMPLATE = "template_of_tests"
_SHOP_TEMPLATE = "template_of_shops"
_OF_A_SHOP = {"shop", "one_shop"}


@dataclass(frozen=True, slots=True)
class Database:
    """A database of one test, on the primary and, streamed, on the replicas."""

    name: str
    server: Cluster

    @property
    def dsn(self) -> str:
        """Its connection string on the primary."""
        return self.server.primary.dsn_of(self.name)

    @property
    def replica_dsn(self) -> str:
        """Its connection string on the replica; the test is marked `replica`."""
        return self.server.replicas[0].dsn_of(self.name)


def _by_version(programs: Programs | None) -> str:
    return f"pg{programs.major}" if programs else "no-server"


def wait_until(condition: Callable[[], bool], what: str, timeout_seconds: float = 20) -> None:
    """Return as soon as the condition holds; fail the test, naming it, when it does not in time."""
    clock = SystemClock()
    until = clock.monotonic() + timeout_seconds
    while not condition():
        assert clock.monotonic() < until, f"{what}: not within {timeout_seconds} s"
        clock.wait(0.02, what)


Started = Callable[[Programs, int], Cluster]


@pytest.fixture(scope="session")
def started_server() -> Generator[Started]:
    """Give a function that starts a version's cluster with so many replicas, or returns the one that is up."""
    up: dict[tuple[Programs, int], Cluster] = {}
    with ExitStack() as stack:

        def start(programs: Programs, replicas: int) -> Cluster:
            found = up.get((programs, replicas))
            if found is None:
                found = up[programs, replicas] = stack.enter_context(Cluster(programs, replicas))
                _make_templates(found)
            return found

        yield start


def _make_templates(server: Cluster) -> None:
    """Make an empty database and a shop's, of which tests get copies: to build a shop takes longer than to copy it."""
    for name in (_TEMPLATE, _SHOP_TEMPLATE):
        server.create_database(name)
    with connect(server.primary.dsn_of(_SHOP_TEMPLATE)) as connection:
        fill_shop(connection)


def fill_shop(connection: Connection) -> None:
    """Make the demo's tables, with few rows, and our schema."""
    load_shop(connection, ROWS)
    install(connection)


def _template(request: pytest.FixtureRequest) -> str:
    return _SHOP_TEMPLATE if _OF_A_SHOP & set(request.fixturenames) else _TEMPLATE


def _replicas(request: pytest.FixtureRequest) -> int:
    return 1 if request.node.get_closest_marker("replica") else 0


# Without any server the one parameter is None and every test fails, saying why: an empty list would skip them.
@pytest.fixture(scope="session", params=find_programs() or (None,), ids=_by_version)
def server(request: pytest.FixtureRequest, started_server: Started) -> Cluster:
    return started_server(request.param or choose_programs(), 0)


@pytest.fixture(scope="session")
def one_server(started_server: Started) -> Cluster:
    return started_server(choose_programs(), 0)


def _contrib_programs() -> Programs:
    found = [programs for programs in find_programs() if _has_contrib(programs)]
    assert found, "no PostgreSQL server of this machine has contrib; install postgresql-contrib, as .ci/run does"
    return found[0]


def _has_contrib(programs: Programs) -> bool:
    answer = subprocess.run([programs.path("pg_config"), "--sharedir"], capture_output=True, text=True, check=True)
    return (Path(answer.stdout.strip()) / "extension" / "pg_stat_statements.control").is_file()


@pytest.fixture
def contrib_database(request: pytest.FixtureRequest, started_server: Started) -> Generator[Database]:
    with _database_on(started_server(_contrib_programs(), _replicas(request))) as made:
        yield made


@pytest.fixture
def private_server(request: pytest.FixtureRequest) -> Generator[Cluster]:
    with Cluster(choose_programs(), _replicas(request)) as cluster:
        cluster.create_database(_TEMPLATE)
        yield cluster


@pytest.fixture
def database(request: pytest.FixtureRequest, server: Cluster, started_server: Started) -> Generator[Database]:
    with _database_on(started_server(server.programs, _replicas(request)), _template(request)) as made:
        yield made


@pytest.fixture
def one_database(request: pytest.FixtureRequest, started_server: Started) -> Generator[Database]:
    with _database_on(started_server(choose_programs(), _replicas(request)), _template(request)) as made:
        yield made


@pytest.fixture
def private_database(private_server: Cluster) -> Database:
    """The server goes after the test, and the database with it: no need for the server to be alive at the end."""
    return _create_database(private_server)


@pytest.fixture
def connection(database: Database) -> Generator[Connection]:
    with connect(database.dsn) as session:
        yield session


@pytest.fixture
def one_connection(one_database: Database) -> Generator[Connection]:
    with connect(one_database.dsn) as session:
        yield session


@pytest.fixture
def private_connection(private_database: Database) -> Generator[Connection]:
    with connect(private_database.dsn) as session:
        yield session


@contextmanager
def _database_on(server: Cluster, template: str = _TEMPLATE) -> Generator[Database]:
    made = _create_database(server, template)
    try:
        yield made
    finally:
        _drop(made)


def _create_database(server: Cluster, template: str = _TEMPLATE) -> Database:
    name = f"test_{secrets.token_hex(5)}"
    server.create_database(name, template)
    server.wait_caught_up()
    return Database(name, server)


def _drop(made: Database) -> None:
    """Drop it; undo what a failed test may have left on the shared servers, so that the next tests do not fail too."""
    for replica in made.server.replicas:
        _revive(replica)
        replica.restore_replay()
    try:
        made.server.drop_database(made.name)
    except DatabaseFailed:
        _revive(made.server.primary)
        made.server.drop_database(made.name)


def _revive(node: Server) -> None:
    with suppress(DatabaseFailed), node.session():
        return
    node.start()
