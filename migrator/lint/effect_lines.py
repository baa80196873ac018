"""`migrator lint --effects`: what every statement does to a running database, whether a rule minds or not."""

from collections.abc import Iterator
from typing import Any

from migrator.lint.context import FileContext
from migrator.locks import LockLevel
from migrator.statements.effects import Effects, Held
from migrator.statements.statement import Statement, SyntaxProblem

_LONG = frozenset({Held.SCAN, Held.REWRITE, Held.BUILD, Held.UNBOUNDED})


def effect_lines(file: FileContext) -> Iterator[dict[str, Any]]:
    """Yield one record per statement in the order of the text; a part that is not SQL is one of verdict unknown."""
    places = [(step.statement.span.start, _statement(file, step.statement, step.effects)) for step in file.steps]
    places += [(problem.span.start, _problem(file, problem)) for problem in file.problems]
    for _, record in sorted(places, key=lambda place: place[0]):
        yield record


def verdict(effects: Effects, kind: str = "") -> str:
    """Return unsafe when reads or writes wait for long, unknown when nobody can tell, else safe."""
    if effects.is_opaque:
        return "unknown"
    is_read_on = kind == "refresh_mat_view_stmt" and effects.level is LockLevel.EXCLUSIVE  # nobody writes a view
    if effects.level < LockLevel.SHARE or is_read_on:
        return "safe"
    if effects.held in _LONG:
        return "unsafe"
    return "unknown" if effects.held is Held.UNKNOWN else "safe"


def _statement(file: FileContext, statement: Statement, effects: Effects) -> dict[str, Any]:
    return {
        "path": file.source.path,
        "line": statement.line,
        "sql": statement.text,
        "locks": {str(lock.table): str(lock.level) for lock in effects.locks},
        "rewrites": [str(table) for table in effects.rewrites],
        "scans": [str(table) for table in effects.scans],
        "transactional": effects.is_transactional,
        "removes": [str(ref) for ref in effects.removes],
        "verdict": verdict(effects, statement.kind),
        "held": effects.held.value,
        "errors": list(effects.errors),
        "missing": list(effects.missing),
    }


def _problem(file: FileContext, problem: SyntaxProblem) -> dict[str, Any]:
    return {
        "path": file.source.path,
        "line": problem.line,
        "sql": file.source.text[problem.span.start : problem.span.end],
        "locks": {},
        "rewrites": [],
        "scans": [],
        "transactional": None,
        "removes": [],
        "verdict": "unknown",
        "held": Held.UNKNOWN.value,
        "errors": [problem.message],
        "missing": ["the statement: it cannot be read"],
    }
