"""The same pull request written in another way has the same verdict: every shape, in every variation that fits it.

By default a third of the variations is tried with one shape each, the same ones each time; the thorough suite tries
all of them with many.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import pytest

from migrator.coupling.check import check
from migrator.coupling.ci import read_ci
from migrator.coupling.collect import Question
from migrator.coupling.decision import Level
from migrator.coupling.scanning import scanning
from migrator.git import Repository
from tests.coupling.repositories import make_repo
from tests.coupling.shape_files import shapes_in_files
from tests.coupling.shape_repository import Shape, write_branches
from tests.coupling.test_shapes import SHAPES as SHAPES_IN_CODE
from tests.coupling.variations import VARIATIONS, Variation
from tests.coupling.variations_of_code import CODE
from tests.coupling.variations_of_noise import NOISE

SHAPES = {**SHAPES_IN_CODE, **shapes_in_files()}
ALL: dict[str, Variation] = {**VARIATIONS, **CODE, **NOISE}


@pytest.mark.parametrize(("kinds", "shapes"), [(3, 1), pytest.param(1, 250, marks=pytest.mark.thorough)])
def test_the_form_changes_no_verdict(tmp_path: Path, kinds: int, shapes: int) -> None:
    drawn = dict(_drawn(kinds, shapes))
    repo = make_repo(tmp_path / "repo")
    write_branches(repo, drawn.values())
    found = _rules(repo.path, drawn)
    assert {name: rules for name, rules in found.items() if rules != drawn[name].expected} == {}
    assert len({name.partition(":")[0] for name in drawn}) == len(list(ALL)[::kinds])


def _drawn(kinds: int, shapes: int) -> Iterator[tuple[str, Shape]]:
    """Yield so many pull requests for one of so many variations, from another start for each of them."""
    names = list(SHAPES)
    for number, (kind, vary) in list(enumerate(ALL.items()))[::kinds]:
        tried = ((name, vary(SHAPES[name])) for name in _turned(names, number * 37))
        fitting = ((f"{kind}: {name}", shape) for name, shape in tried if shape is not None)
        yield from islice(fitting, shapes)


def _turned(names: list[str], start: int) -> list[str]:
    start %= len(names)
    return names[start:] + names[:start]


def _rules(repository: Path, drawn: Mapping[str, Shape]) -> dict[str, frozenset[str]]:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    scan = scanning(repository / "migrations", date(2026, 11, 21))
    found: dict[str, frozenset[str]] = {}
    for number, name in enumerate(drawn):
        question = Question(ci=read_ci({}), now=now, base=f"base-{number}", head=f"head-{number}")
        decision = check(Repository(repository), question, scan=scan).decision
        found[name] = frozenset(f.rule for f in decision.findings if f.level is Level.ERROR)
    return found
