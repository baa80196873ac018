"""What comes free with a rule: it explains itself, *Bad* is reported by it alone, *Good* by none; and the cases."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from migrator.lint import rules
from migrator.lint.finding import Category, Finding, Severity, Verdict
from migrator.lint.rule import Rule, all_rules, get_rule
from migrator.lint.runner import lint
from migrator.lint.settings import LintSettings
from migrator.lint.source import Source, read_sources
from migrator.schema.model import Schema
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql

CASES = Path(__file__).parent / "cases"
RULES = list(all_rules().values())


class Given:
    """The past of an example: the schema that its `Given` section leaves behind."""

    def __init__(self, sql: str) -> None:
        self._schema = replay(parse_sql(sql).statements)

    def before(self, path: Path) -> Schema:
        del path
        return self._schema

    def learn(self, path: Path, schema: Schema) -> None:
        """One example is no past of another."""


def findings(text: str, path: str = "example.sql", settings: LintSettings | None = None) -> tuple[Finding, ...]:
    return lint([Source(path, text)], 17, settings).findings


def found_in(rule: Rule, section: str) -> tuple[Finding, ...]:
    """Lint an example with the rules that are on by default and this one, after what is given."""
    settings = LintSettings(rules={} if rule.is_default else {rule.id: rule.severity.value})
    past = Given(rule.section("Given"))
    with TemporaryDirectory() as folder:
        manifest = (
            "\n".join(re.findall(r"migration\.toml: (\[\w+\]) (.*)", rule.section(section))[0])
            if rule.id in _DATED
            else ""
        )
        Path(folder, "migration.toml").write_text(manifest, encoding="utf-8")
        source = Source(f"{folder}/{PHASE_OF.get(rule.id, 'example')}.sql", rule.section(section))
        return lint([source], VERSION_OF.get(rule.id, max(17, rule.since)), settings, past).findings


ALSO = {"update-extension": {"opaque-sql"}}
"""Rules that are off by default and say more of what another one says too."""
_DATED = {"contract-overdue"}
"""Rules about a migration's manifest, which their examples quote."""

VERSION_OF = {"concurrent-index-corruption": 14}
"""Rules about an old server only."""
PHASE_OF = {"mixed-phases": "contract", "contract-overdue": "expand"}
"""Examples that mean something in one file of a migration only."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_bad_is_reported_by_exactly_this_rule(rule: Rule) -> None:
    assert {finding.rule for finding in found_in(rule, "Bad")} - ALSO.get(rule.id, set()) == {rule.id}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_good_is_reported_by_none(rule: Rule) -> None:
    assert found_in(rule, "Good") == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_explains_itself(rule: Rule) -> None:
    assert rule.summary.endswith(".")
    assert len(rule.section("Why").split()) > 10
    assert not any(line.startswith(" ") for line in rule.section("Bad").splitlines()[:1])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_finding_says_what_happens_and_what_to_write(rule: Rule) -> None:
    for finding in found_in(rule, "Bad"):
        assert finding.claim.message.endswith(".")
        assert len(finding.claim.help.split()) > 4
        assert finding.source_line in rule.section("Bad").splitlines()
        if finding.category is Category.LOCK:
            assert str(finding.claim.lock) in finding.claim.message
            assert finding.claim.held is not None
        if finding.claim.verdict is Verdict.UNKNOWN and finding.category is not Category.ERROR:
            assert not finding.is_error


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_the_list_of_rules_says_is_what_they_report(rule: Rule) -> None:
    for finding in (finding for finding in found_in(rule, "Bad") if finding.rule == rule.id):
        is_unsure = finding.claim.verdict is Verdict.UNKNOWN and rule.category is not Category.ERROR
        assert finding.claim.severity is (Severity.WARNING if is_unsure else rule.severity)
        assert rule.lock in (None, finding.claim.lock)


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
    given, text = _given_and_text(source.text)
    report = lint([Source(source.path, text)], 17, past=Given(given))
    assert {(finding.claim.line, finding.rule) for finding in report.findings} == expected_of(source.text)


def _given_and_text(case: str) -> tuple[str, str]:
    """Cut a case at the line that says so; the lines before it are its past, and empty in what is linted."""
    given, mark, text = case.rpartition("-- given above\n")
    return given, "\n" * (given + mark).count("\n") + text


def test_every_rule_that_is_on_by_default_has_a_case_that_expects_it() -> None:
    expected = {rule for source in read_sources([CASES]) for _, rule in expected_of(source.text)}
    assert expected == {rule.id for rule in RULES if rule.is_default}
