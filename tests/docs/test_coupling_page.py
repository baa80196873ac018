"""Where a finding of the coupling check sends its reader there is something to read."""

import re
from pathlib import Path

import pytest

from migrator.coupling.judge import discover
from migrator.coupling.report import docs_of
from tests.docs.test_links import anchors

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coupling.md"


@pytest.mark.parametrize(("code", "name"), [(code, rule.NAME) for code, rule in discover().items()])
def test_the_documentation_that_a_finding_names_is_there(code: str, name: str) -> None:
    path, _, anchor = docs_of(code, name).partition("#")
    assert (ROOT / path) == PAGE
    assert anchor in anchors(PAGE)


def test_no_rule_is_documented_that_is_not_there() -> None:
    found = re.findall(r"^### (CPL\d+) (\S+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found == [(code, rule.NAME) for code, rule in discover().items()]
