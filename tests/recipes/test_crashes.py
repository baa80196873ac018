"""kill -9 at random: whatever recipe, wherever and however often, `resume` ends where an undisturbed run ends.

MIGRATOR_CRASHES=300 pytest tests/recipes/test_crashes.py -n 2    that many examples, other ones each time
"""

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from migrator.pg.connection import connect
from migrator.sandbox.cluster import Cluster
from tests.faults.killing import Victims, started_victims
from tests.recipes.crashes import Crash, Patient, Picture, admit
from tests.recipes.workload_files import workloads

WORKLOADS = workloads()
SHARES = 8
"""The cases are shared out among this many tests, which run side by side."""
_ASKED = os.environ.get("MIGRATOR_CRASHES")
ALL_SHARES = [n if n % 2 or _ASKED else pytest.param(n, marks=pytest.mark.thorough) for n in range(SHARES)]
EXAMPLES = [max(1, int(_ASKED) // SHARES)] if _ASKED else [2, pytest.param(10, marks=pytest.mark.thorough)]

AT_RANDOM = settings(
    derandomize=not _ASKED,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking would kill some hundred processes more
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=False,
)
crashes = st.builds(
    Crash,
    share=st.floats(0, 1, exclude_max=True),
    delay_seconds=st.sampled_from([0, 0, 0, 0.001, 0.003, 0.01, 0.03]),
)


@dataclass
class Ward:
    """The patients admitted so far, with what an undisturbed run of each shows."""

    server: Cluster
    folder: Path
    victims: Victims
    patients: dict[str, tuple[Patient, Picture, int]] = field(default_factory=dict[str, tuple[Patient, Picture, int]])

    def patient(self, name: str) -> tuple[Patient, Picture, int]:
        """Return the patient, the picture of a healthy run and the number of points that it passes."""
        if name not in self.patients:
            patient = admit(self.server, self.folder, name, WORKLOADS[name])
            with patient.copy() as shop:
                patient.run(self.victims, shop, patient.commands(), None, 0)
                self.patients[name] = (patient, patient.picture(shop), self.victims.points)
        return self.patients[name]


@pytest.fixture(scope="module")
def ward(one_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Ward]:
    with started_victims() as victims:
        found = Ward(one_server, tmp_path_factory.mktemp("ward"), victims)
        yield found
        for patient, _, _ in found.patients.values():
            one_server.drop_database(patient.template)


def _check_forward(ward: Ward, name: str, crashed: list[Crash]) -> None:
    patient, healthy, points = ward.patient(name)
    with patient.copy() as shop:
        for crash in crashed:
            if not patient.run(ward.victims, shop, patient.commands(), crash, points):
                break
        patient.finish(shop)
        assert patient.picture(shop) == healthy


def _check_back(ward: Ward, name: str, crashed: list[Crash]) -> None:
    patient, _, points = ward.patient(name)
    with patient.copy() as shop, connect(shop.dsn) as connection:
        before = patient.rows(connection)
        patient.run(ward.victims, shop, patient.commands()[:2], crashed[0], points)
        if shop.state(patient.migration) == "complete":
            return  # without a contract: it has gone to its end, maybe killed after it, and there is no way back
        for crash in crashed[1:]:
            if not patient.run(ward.victims, shop, ("abort",), crash, points // 4):
                break
        patient.abort(shop)
        if patient.workload.is_undone_by_abort:
            assert patient.picture(shop).schema == patient.before
        if not patient.workload.refilled:
            assert patient.rows(connection) == before


WAYS: dict[str, Callable[[Ward, str, list[Crash]], None]] = {"forward": _check_forward, "back": _check_back}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("share", ALL_SHARES)
def test_killed_at_random_and_resumed(ward: Ward, share: int, examples: int) -> None:
    @settings(AT_RANDOM, max_examples=examples)
    @given(
        way=st.sampled_from(sorted(WAYS)),
        name=st.sampled_from(sorted(WORKLOADS)[share::SHARES]),
        crashed=st.lists(crashes, min_size=1, max_size=4),
    )
    def check(way: str, name: str, crashed: list[Crash]) -> None:
        WAYS[way](ward, name, crashed)

    check()
