"""Every recipe under clients of old and new code, through all phases and back: no query fails, no row diverges."""

import os
import re
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import pytest

from migrator.errors import MigratorError
from migrator.recipes import discover
from tests.fix_server import Database
from tests.recipes.recipe_cases import CASES
from tests.recipes.trial import Trial, prepare
from tests.recipes.trial_results import by_kind, store
from tests.recipes.workload_files import reason, workload_files, workloads

WORKLOADS = workloads()
FIRSTS = {kind: name for name, kind in reversed([(name, CASES[name].arguments["kind"]) for name in WORKLOADS])}
OF_THEIR_OWN = [name for name in WORKLOADS if name not in FIRSTS.values() and WORKLOADS[name].is_of_its_own]
THROUGH = [(name, "through") for name in FIRSTS.values()]
MORE = [*((name, "back") for name in FIRSTS.values()), *((name, "through") for name in OF_THEIR_OWN)]
BY_DEFAULT = [*THROUGH, *(each for each in MORE if crc32(each[0].encode()) % 2)]
"""The way to the end of the first case of each kind; one in two of their ways back, and of those whose SQL is another.
The thorough suite has them all."""
EVERYWHERE = [name for name in WORKLOADS if name in FIRSTS.values() or WORKLOADS[name].depends_on_server]
"""The first case of each kind, and those that are rendered in another way for other servers: on every server."""
ON_ONE = [name for name in WORKLOADS if name not in EVERYWHERE]
SERVERS = {"pg15", "pg16", "pg18"}
WALKS = {"through": Trial.walk_through, "back": Trial.walk_back}


def _run(database: Database, folder: Path, name: str, walk: str) -> None:
    trial = prepare(database, folder, name, WORKLOADS[name])
    WALKS[walk](trial)
    assert trial.problems == []
    assert (trial.score.failed, trial.score.diverged) == (0, 0)
    assert trial.score.queries > 15
    store(walk, name, database.server.programs.major, trial.score)


@pytest.mark.parametrize(("name", "walk"), BY_DEFAULT)
def test_on_the_newest_server(one_database: Database, tmp_path: Path, name: str, walk: str) -> None:
    _run(one_database, tmp_path, name, walk)


@pytest.mark.thorough
@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("name", EVERYWHERE)
def test_on_every_server(database: Database, tmp_path: Path, name: str, walk: str) -> None:
    _run(database, tmp_path, name, walk)


@pytest.mark.thorough
@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("name", ON_ONE)
def test_on_one_server(one_database: Database, tmp_path: Path, name: str, walk: str) -> None:
    _run(one_database, tmp_path, name, walk)


_CHECK = "ALTER TABLE public.users ADD CONSTRAINT filled CHECK"
BREAKS = {
    "no trigger on update": ("expand.sql", r"CREATE TRIGGER \w+_u .*?;", "", "old code after expand: row"),
    "the trigger does nothing": ("expand.sql", r"IF TG_OP = .*END IF;", "", "old code after expand: row"),
    "NULL is refused too early": ("expand.sql", r"\Z", f"{_CHECK} (mail IS NOT NULL) NOT VALID;", "CheckViolation"),
    "the function stays": ("contract.sql", r"DROP FUNCTION .*?;", "", "left behind: function"),
    "abort leaves the function": ("abort.sql", r"DROP FUNCTION .*?;", "", "schema, abort from expanded"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_recipe_is_found(one_database: Database, tmp_path: Path, name: str) -> None:
    """Without this the proof would be worth nothing."""
    file, pattern, instead, found = BREAKS[name]
    trial = prepare(one_database, tmp_path, "rename_column_plain", WORKLOADS["rename_column_plain"])
    path = tmp_path / trial.migration.id / file
    path.write_text(re.sub(pattern, instead, path.read_text(), count=1, flags=re.DOTALL))
    trial.migration = trial.shop.migration(trial.migration.id)
    with suppress(MigratorError):  # where the engine sees it too and stops
        trial.walk_back() if file == "abort.sql" else trial.walk_through()
    assert [problem for problem in trial.problems if found in problem]


def test_every_kind_has_a_workload_or_says_why_not() -> None:
    files = workload_files()
    assert files.keys() == discover().keys()
    for kind, file in files.items():
        cases = getattr(file, "WORKLOADS", {})
        assert bool(cases) != bool(reason(file)), kind
        assert {CASES[name].arguments["kind"] for name in cases} <= {kind}


@pytest.mark.skipif("MIGRATOR_UPDATE_TRIALS" in os.environ, reason="they are being recorded")
def test_the_recorded_trials_have_every_kind_on_every_server() -> None:
    """`MIGRATOR_UPDATE_TRIALS=1 pytest tests/recipes/test_under_clients.py` records them, `make docs` shows them."""
    kinds = {CASES[name].arguments["kind"] for name in WORKLOADS}
    found = by_kind()
    assert {(kind, server) for kind in kinds for server in SERVERS} <= found.keys()
    assert {(score.failed, score.diverged) for score in found.values()} == {(0, 0)}
