"""Pull requests in many shapes: what a maintainer would say is what the check says."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from migrator.coupling.check import check
from migrator.coupling.ci import read_ci
from migrator.coupling.collect import Question
from migrator.coupling.decision import Level, Verdict
from migrator.coupling.scanning import scanning
from migrator.git import Repository
from tests.coupling.repositories import make_repo
from tests.coupling.shape_repository import write_branches
from tests.coupling.shapes_of_code_3 import CODE_3
from tests.coupling.shapes_of_files import FILES
from tests.coupling.shapes_of_migrations_3 import MIGRATIONS_3
from tests.coupling.shapes_of_sql import SQL
from tests.coupling.shapes_of_uses import MIGRATIONS, USES

SHAPES = {**FILES, **MIGRATIONS, **USES, **SQL, **CODE_3, **MIGRATIONS_3}
NUMBERS = {name: number for number, name in enumerate(SHAPES)}


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repo = make_repo(tmp_path_factory.mktemp("shapes") / "repo")
    write_branches(repo, SHAPES.values())
    return repo.path


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.thorough) if number % 3 else name for name, number in NUMBERS.items()]
)
def test_verdict(shapes: Path, name: str) -> None:
    number = NUMBERS[name]
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    question = Question(ci=read_ci({}), now=now, base=f"base-{number}", head=f"head-{number}")
    scan = scanning(shapes / "migrations", date(2026, 11, 21))
    decision = check(Repository(shapes), question, scan=scan).decision
    errors = [f"{f.rule} {f.path}:{f.line} {f.message}" for f in decision.findings if f.level is Level.ERROR]
    assert {error[:6] for error in errors} == SHAPES[name].expected, errors
    assert decision.verdict is (Verdict.FAIL if SHAPES[name].expected else Verdict.PASS)
