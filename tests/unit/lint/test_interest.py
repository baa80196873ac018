"""Rules are spared the files that hold nothing for them, and no other files."""

from migrator.lint.finding import Severity
from migrator.lint.interest import interest_of
from migrator.lint.rule import all_rules, get_rule
from migrator.lint.runner import lint
from migrator.lint.source import Source
from migrator.statements.parse import pb


def test_a_rule_is_interested_in_what_it_asks_for() -> None:
    assert pb.AT_SetNotNull in (interest_of(get_rule("set-not-null").check) or ())
    assert interest_of(get_rule("drop-table").check) == {"drop_stmt"}
    assert interest_of(get_rule("syntax-error").check) is None


def test_most_rules_can_be_spared() -> None:
    interests = [interest_of(rule.check) for rule in all_rules().values()]
    assert sum(interest is None for interest in interests) < len(interests) / 4
    assert all(interests[n] != frozenset() for n in range(len(interests)))


def test_a_rule_sees_the_files_that_it_is_about() -> None:
    found = lint([Source("a.sql", "SELECT 1;"), Source("b.sql", "DROP TABLE t;")], 17, fail_on=Severity.ERROR).findings
    assert "drop-table" in {finding.rule for finding in found if finding.path == "b.sql"}
    assert "drop-table" not in {finding.rule for finding in found if finding.path == "a.sql"}
