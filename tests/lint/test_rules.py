"""What comes free with a rule: it explains itself, *Bad* is reported by it alone, *Good* by none; and the cases."""

from pathlib import Path

import pytest

from migrator.lint import rules
from migrator.lint.finding import Finding
from migrator.lint.reading import Reading, read_steps
from migrator.lint.rule import Rule, all_rules, get_rule
from migrator.lint.runner import lint
from migrator.lint.source import Source, read_sources
from migrator.locks import LockLevel
from migrator.statements.effects import TableLock

CASES = Path(__file__).parent / "cases"
GOLDEN = Path(__file__).parent.parent / "recipes" / "golden"
RULES = list(all_rules().values())


def findings(text: str, path: str = "example.sql") -> tuple[Finding, ...]:
    return lint([Source(path, text)], 17).findings


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_bad_is_reported_by_exactly_this_rule(rule: Rule) -> None:
    assert {finding.rule for finding in findings(rule.section("Bad"))} == {rule.id}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_good_is_reported_by_none(rule: Rule) -> None:
    assert findings(rule.section("Good")) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_explains_itself(rule: Rule) -> None:
    assert rule.summary.endswith(".")
    assert len(rule.section("Why").split()) > 10
    assert not any(line.startswith(" ") for line in rule.section("Bad").splitlines()[:1])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_finding_says_what_happens_and_what_to_write(rule: Rule) -> None:
    for finding in findings(rule.section("Bad")):
        assert finding.claim.message.endswith(".")
        assert len(finding.claim.help.split()) > 4
        assert finding.source_line in rule.section("Bad").splitlines()
        if finding.claim.lock is not None:
            assert str(finding.claim.lock) in finding.claim.message or finding.rule in _NAMES_NO_LOCK


_NAMES_NO_LOCK = {"add-column-not-null-no-default", "concurrent-index-retry-hazard"}
"""Rules about a failure, not about waiting: their lock is in the data only."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_lock_that_is_claimed_is_the_one_proven_on_live_servers(rule: Rule) -> None:
    steps, _ = read_steps(rule.section("Bad"), Reading())
    for claim in (finding.claim for finding in findings(rule.section("Bad"))):
        if claim.table is not None and claim.step is not None:
            taken = [step.effects for step in steps[: claim.step + 1]][_TAKEN_BEFORE.get(rule.id, -1)]
            assert TableLock(claim.table, claim.lock or LockLevel.NONE) in taken.locks


_TAKEN_BEFORE = {"validate-in-same-transaction": -2}
"""The lock that matters is that of the statement before."""


def test_rules_are_known_by_their_file_names() -> None:
    files = {path.stem.replace("_", "-") for path in Path(rules.__path__[0]).glob("*.py")}
    assert set(all_rules()) == files - {"--init--"}
    assert get_rule("truncate").id == "truncate"


def expected_of(text: str) -> set[tuple[int, str]]:
    """Read `-- expect: rule, rule`, which speaks of the next line that is no such comment."""
    expected: set[tuple[int, str]] = set()
    waiting: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().startswith("-- expect:"):
            waiting += [rule.strip() for rule in line.split("expect:")[1].split(",")]
        else:
            expected |= {(number, rule) for rule in waiting}
            waiting = []
    assert not waiting, "an expectation at the end of the file is about nothing"
    return expected


@pytest.mark.parametrize("source", list(read_sources([CASES])), ids=lambda source: source.path.split("cases/")[1])
def test_case(source: Source) -> None:
    found = {(finding.claim.line, finding.rule) for finding in findings(source.text, source.path)}
    assert found == expected_of(source.text)


def test_every_rule_has_a_case_that_expects_it() -> None:
    expected = {rule for source in read_sources([CASES]) for _, rule in expected_of(source.text)}
    assert expected == set(all_rules())


def test_what_the_recipes_render_is_clean() -> None:
    report = lint(read_sources([GOLDEN]), 17)
    assert report.statements > 100
    assert (report.findings, report.not_understood) == ((), 0)
