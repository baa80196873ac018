"""`-- migrator:step …`: what it may say, what the step becomes, and what is refused with file and line."""

import pytest

from migrator.errors import ManifestError
from migrator.locks import LockClass
from migrator.phases.steps import Step, steps_of
from migrator.statements.parse import parse_sql


def _steps(text: str) -> tuple[Step, ...]:
    return steps_of(parse_sql(text).statements, "expand", 17)


def test_everything_that_can_be_said() -> None:
    (step,) = _steps(
        "-- Twelve partitions, one after the other.\n"
        '-- migrator:step name="make parts" txn=none lock=weak timeout=30m\n'
        '-- migrator:step probe="SELECT count(*) = 12 FROM ""App"".parts"\n'
        "CALL app.make_parts();\n"
    )
    assert step.name == "make parts"
    assert not step.is_transactional
    assert step.lock_class is LockClass.WEAK
    assert step.directive.timeout_seconds == 1800
    assert step.directive.probe == 'SELECT count(*) = 12 FROM "App".parts'


def test_it_speaks_of_the_statement_below_or_of_the_block() -> None:
    first, block, last = _steps(
        "SELECT 1;\n\n-- migrator:step name=both lock=strong\nBEGIN; SELECT 2; SELECT 3; COMMIT;\nSELECT 4;"
    )
    assert (block.name, block.lock_class) == ("both", LockClass.STRONG)
    assert (first.name, last.name) == ("SELECT 1", "SELECT 4")
    assert last.lock_class is LockClass.NONE


def test_without_a_directive_a_statement_is_judged_by_its_text() -> None:
    (step,) = _steps("-- migrator: allow some-rule: a reason\nCALL app.make_parts();")
    assert step.is_transactional
    assert step.lock_class is LockClass.STRONG


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-- migrator:step nam=x\nSELECT 1;", r"expand\.sql:1: the key nam of migrator:step is not known"),
        ("SELECT 0;\n-- migrator:step lock=hard\nSELECT 1;", r"expand\.sql:2: lock=hard is not one of strong, weak"),
        ("-- migrator:step txn=all\nSELECT 1;", "txn=all is not one of none, group"),
        ("-- migrator:step name=a name=b\nSELECT 1;", "the key name of migrator:step is given twice"),
        ("-- migrator:step name=a\n-- migrator:step name=b\nSELECT 1;", "given twice"),
        ("-- migrator:step timeout=30\nSELECT 1;", "timeout: '30' is not a duration"),
        ("-- migrator:step quickly\nSELECT 1;", "'quickly' in a migrator:step cannot be read"),
        ('-- migrator:step name="a\nSELECT 1;', "cannot be read"),
        ('-- migrator:step probe="DELETE FROM t"\nSELECT 1;', "the probe is not one SELECT: DELETE FROM t"),
        ('-- migrator:step probe="SELECT 1; SELECT 2"\nSELECT 1;', "the probe is not one SELECT"),
        ('-- migrator:step probe="SELECT FROM WHERE"\nSELECT 1;', "the probe is not one SELECT"),
        ("BEGIN;\n-- migrator:step name=x\nSELECT 1; COMMIT;", r"expand\.sql:2: a migrator:step inside BEGIN"),
        ("-- migrator:step txn=none\nBEGIN; SELECT 1; COMMIT;", "a block cannot have txn=none"),
        ("-- migrator:step txn=none\nCALL app.f();", "leaves nothing that migrator knows to look for: CALL app.f"),
        ("ALTER SUBSCRIPTION s SET PUBLICATION p;", r"expand\.sql:1: this statement runs outside transactions"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ManifestError, match=words) as caught:
        _steps(text)
    assert caught.value.todo


@pytest.mark.parametrize(
    "text",
    [
        "CREATE DATABASE d;",
        "VACUUM users;",
        "REINDEX INDEX CONCURRENTLY i;",
        "ALTER SYSTEM SET work_mem = '8MB';",
        '-- migrator:step probe="SELECT true"\nALTER SUBSCRIPTION s SET PUBLICATION p;',
        '-- migrator:step txn=none probe="SELECT true"\nCALL app.f();',
    ],
)
def test_what_runs_outside_transactions_and_can_be_told_afterwards(text: str) -> None:
    (step,) = _steps(text)
    assert not step.is_transactional
