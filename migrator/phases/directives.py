"""`-- migrator:step …` above a statement: what cannot be read from its SQL, said by the person who wrote it.

    -- migrator:step name=partition lock=weak timeout=30m probe="SELECT count(*) = 12 FROM app.parts"
    CALL app.make_partitions();

A value with spaces stands in double quotes, and a double quote inside is written twice. Read by `migrator.phases.steps`
for the recipe `custom` and for files written by hand; what the other recipes render needs none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from migrator.config import parse_duration
from migrator.errors import ManifestError
from migrator.locks import LockClass
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement

_T = TypeVar("_T")

_MARK = re.compile(r"\s*migrator:step\b(?P<rest>.*)", re.DOTALL)
_PAIR = re.compile(r'\s*(?P<key>\w+)=(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<bare>[^\s"]+))(?=\s|$)')
_KEYS = ("name", "txn", "lock", "timeout", "probe")
_TRANSACTIONS = {"none": False, "group": True}
_CLASSES = {item.value: item for item in LockClass}


@dataclass(frozen=True, slots=True)
class Directive:
    """What was said about a step; None where nothing was."""

    name: str | None = None
    is_transactional: bool | None = None
    """`txn=none`: alone, outside transactions; `txn=group`: the step and its record commit together."""
    lock_class: LockClass | None = None
    timeout_seconds: float | None = None
    probe: str | None = None
    """A SELECT that returns one boolean: whether the step has done its work."""
    line: int = 0


NOTHING_SAID = Directive()


def directive_of(statement: Statement, phase: str) -> Directive | None:
    """Return the directive in the comments directly above the statement.

    Raises:
        ManifestError: an unknown or repeated key, a value that cannot be used; says file and line.
    """
    pairs: dict[str, str] = {}
    first = 0
    for number, comment in enumerate(statement.comments):
        match = _MARK.match(comment)
        if match:
            line = statement.line - len(statement.comments) + number
            first = first or line
            _add(pairs, match["rest"], f"{phase}.sql:{line}")
    return _read(pairs, first, f"{phase}.sql:{first}") if first else None


def _add(pairs: dict[str, str], text: str, where: str) -> None:
    rest = text
    while rest.strip():
        match = _PAIR.match(rest)
        if match is None:
            raise ManifestError(
                f"{where}: {rest.strip()!r} in a migrator:step cannot be read.",
                'Write key=value or key="a value with spaces"; keys are ' + f"{', '.join(_KEYS)}.",
            )
        key = match["key"]
        if key not in _KEYS or key in pairs:
            problem = "is given twice" if key in pairs else "is not known"
            raise ManifestError(f"{where}: the key {key} of migrator:step {problem}.", f"Keys are {', '.join(_KEYS)}.")
        pairs[key] = match["bare"] or (match["quoted"] or "").replace('""', '"')
        rest = rest[match.end() :]


def _read(pairs: Mapping[str, str], line: int, where: str) -> Directive:
    return Directive(
        name=pairs.get("name"),
        is_transactional=_choice(pairs, "txn", _TRANSACTIONS, where),
        lock_class=_choice(pairs, "lock", _CLASSES, where),
        timeout_seconds=_seconds(pairs, where),
        probe=_probe(pairs, where),
        line=line,
    )


def _choice(pairs: Mapping[str, str], key: str, known: Mapping[str, _T], where: str) -> _T | None:
    text = pairs.get(key)
    if text is not None and text not in known:
        raise ManifestError(f"{where}: {key}={text} is not one of {', '.join(known)}.", "Correct the directive.")
    return None if text is None else known[text]


def _seconds(pairs: Mapping[str, str], where: str) -> float | None:
    if "timeout" not in pairs:
        return None
    try:
        value = parse_duration(pairs["timeout"])
    except ValueError as exc:
        raise ManifestError(f"{where}: timeout: {exc}.", "Correct the directive.") from exc
    return value.total_seconds() if isinstance(value, timedelta) else None


def _probe(pairs: Mapping[str, str], where: str) -> str | None:
    text = pairs.get("probe")
    if text is None:
        return None
    parsed = parse_sql(text)
    if parsed.problems or [statement.kind for statement in parsed.statements] != ["select_stmt"]:
        raise ManifestError(
            f"{where}: the probe is not one SELECT: {text}.", "Write a SELECT that returns one boolean: true is done."
        )
    return parsed.statements[0].text
