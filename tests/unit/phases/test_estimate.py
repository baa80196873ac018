"""Rough times: instant, by size, or not to be said."""

import pytest

from migrator.phases.estimate import estimated_seconds
from migrator.statements.facts import effects_of
from migrator.statements.parse import parse_sql

_GIB = 1024**3


@pytest.mark.parametrize(
    ("sql", "size", "least", "most"),
    [
        ("ALTER TABLE t ADD COLUMN x int", 100 * _GIB, 0, 0),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", 10 * _GIB, 10, 500),
        ("CREATE INDEX i ON t (x)", 10 * _GIB, 60, 3600),
    ],
)
def test_by_size(sql: str, size: int, least: float, most: float) -> None:
    seconds = estimated_seconds(effects_of(parse_sql(sql).statements[0], 17), size)
    assert seconds is not None
    assert least <= seconds <= most


@pytest.mark.parametrize(("sql", "size"), [("CREATE INDEX i ON t (x)", None), ("LOCK TABLE t", 10), ("CALL f()", 10)])
def test_what_cannot_be_said(sql: str, size: int | None) -> None:
    assert estimated_seconds(effects_of(parse_sql(sql).statements[0], 17), size) is None
