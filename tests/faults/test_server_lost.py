"""The server goes away in the middle: restarted at once, or for ever, with the replica as the new primary.

Whatever was interrupted, `resume` ends where an undisturbed run ends.
"""

import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from migrator.backfill.control import forget_replica
from migrator.errors import MigratorError
from migrator.events import Event, EventKind, Listener
from migrator.pg.connection import connect
from migrator.sandbox.cluster import Cluster
from migrator.sandbox.programs import choose_programs
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar
from tests.recipes.crashes import Patient, Picture, admit
from tests.recipes.workload_files import workloads

pytestmark = pytest.mark.replica

CASES = ("rename_column", "create_index")
POINTS = {
    "rename_column": [
        (EventKind.LOCK_WAITING, "expand"),
        (EventKind.BACKFILL_BATCH, None),
        (EventKind.STEP_EXECUTED, "migrate"),
        (EventKind.STEP_DONE, "migrate"),
        (EventKind.LOCK_WAITING, "contract"),
        (EventKind.STEP_EXECUTED, "contract"),
    ],
    "create_index": [(EventKind.STEP_INTENT, "expand"), (EventKind.STEP_EXECUTED, "expand")],
}


@dataclass(frozen=True)
class Ward:
    """A server that only this module's tests restart, and the patients admitted on it."""

    server: Cluster
    folder: Path
    patients: dict[str, tuple[Patient, Picture]] = field(default_factory=dict[str, tuple[Patient, Picture]])

    def healthy(self, name: str) -> tuple[Patient, Picture]:
        """Return the patient and the picture of a healthy run."""
        if name not in self.patients:
            self.patients[name] = _healthy(self.server, self.folder, name)
        return self.patients[name]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Generator[Ward]:
    with Cluster(choose_programs(), 1) as server:
        yield Ward(server, tmp_path_factory.mktemp("ward"))


def _healthy(server: Cluster, folder: Path, name: str) -> tuple[Patient, Picture]:
    patient = admit(server, folder, name, workloads()[name])
    with patient.copy() as shop:
        patient.finish(shop)
        return patient, patient.picture(shop)


def _run(patient: Patient, shop: Shop, *listeners: Listener) -> None:
    engine = shop.engine(*listeners)
    for command in patient.commands():
        getattr(engine, command)(shop.migration(patient.migration))


@pytest.mark.parametrize("name", CASES)
def test_restarted_at_once_in_the_middle(ward: Ward, name: str) -> None:
    patient, healthy = ward.healthy(name)
    for kind, phase in POINTS[name]:
        restarts: list[Event] = []

        def restart(event: Event, at: tuple[EventKind, str | None] = (kind, phase)) -> None:
            if not restarts and (event.kind, event.data.get("phase")) == at:  # noqa: B023 called in this round only
                restarts.append(event)  # noqa: B023 as above
                ward.server.primary.restart("immediate")

        with patient.copy() as shop:
            with pytest.raises(MigratorError):
                _run(patient, shop, restart)
            assert restarts
            patient.finish(shop)
            assert patient.picture(shop) == healthy, f"restarted at {kind.value} {phase}"


@contextmanager
def _in_the_index_build(patient: Patient, shop: Shop) -> Generator[None]:
    """Run the migration in the background until its first index build waits for an old snapshot."""
    raised: list[MigratorError] = []

    def run() -> None:
        try:
            _run(patient, shop)
        except MigratorError as exc:
            raised.append(exc)

    worker = threading.Thread(target=run)
    if patient.has_contract:
        shop.engine().expand(shop.migration(patient.migration))  # not create_index, whose index comes here
    with closing(connect(shop.dsn)) as reader, closing(connect(shop.dsn)) as watcher:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM users")
        worker.start()
        builders = "SELECT pid FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'"
        wait_until(lambda: scalar(watcher, builders) is not None, "the index build to wait for the reader")
        yield
    worker.join()
    assert raised, "the engine noticed that its server is gone"


@pytest.mark.parametrize("name", CASES)
def test_restarted_while_an_index_is_built(ward: Ward, name: str) -> None:
    patient, healthy = ward.healthy(name)
    with patient.copy() as shop:
        with _in_the_index_build(patient, shop):
            ward.server.primary.restart("immediate")
        patient.finish(shop)
        assert patient.picture(shop) == healthy


@pytest.mark.parametrize("name", CASES)
def test_failed_over_while_an_index_is_built(private_server: Cluster, tmp_path: Path, name: str) -> None:
    """The replica has the catalog and our records as they were at one moment: it goes on from there.

    Backfills miss the replica that is now the primary until an operator says that this is right.
    """
    patient, healthy = _healthy(private_server, tmp_path, name)
    replica = private_server.replicas[0]
    private_server.create_database("lost", patient.template)
    private_server.wait_caught_up()
    with _in_the_index_build(patient, Shop(private_server.primary.dsn_of("lost"), patient.shop.migrations)):
        private_server.primary.kill()
    replica.promote()
    shop = Shop(replica.dsn_of("lost"), patient.shop.migrations)
    with connect(shop.dsn) as connection:
        forget_replica(connection, replica.name, "operator")
    patient.finish(shop)
    assert patient.picture(shop) == healthy
