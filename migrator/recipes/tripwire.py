"""The part of a sync trigger that records which sessions still write the old columns; see the gate `tripwire`.

A write is told by its values: an update that changes an old column, an insert that gives one. What an insert leaves
out has the default, and that is no evidence. Each session is recorded by `migrator.record_old_write`, which needs no
right and does nothing when it did so a moment ago.
"""

import re
from collections.abc import Sequence

from migrator.names import literal, quote
from migrator.recipes.comparison import comparable
from migrator.schema.model import Column

_CONSTANT = re.compile(r"(?:'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?|true|false))(?:::[^()]+(?:\(\d+(?:,\d+)?\))?)?\Z")


def tripwire(migration: str, old: Sequence[Column], new: Sequence[Column]) -> list[str]:
    """Return the statements, before those that assign anything to NEW."""
    given = " OR ".join(given_value(column, new) for column in old)
    changed = " OR ".join(f"{_exact('OLD', column)} IS DISTINCT FROM {_exact('NEW', column)}" for column in old)
    return [
        f"    IF (CASE TG_OP WHEN 'INSERT' THEN {given} ELSE {changed} END) THEN",
        f"        PERFORM {record_call(migration)};  -- old code, if there is any left",
        "    END IF;",
    ]


def record_call(migration: str) -> str:
    """Return the call by which a trigger's function is known to record for this migration."""
    return f"migrator.record_old_write({literal(migration)})"


def is_varying(column: Column) -> bool:
    """Whether each row gets another value from the column's default, so that it does not tell what was written."""
    return column.is_identity or (column.default is not None and _CONSTANT.match(column.default) is None)


def given_value(column: Column, new: Sequence[Column]) -> str:
    """Return the condition of an inserted row on which its old column was written, and not left to its default."""
    value = f"NEW.{quote(column.name)}"
    if column.default is None:
        return f"{comparable(value, column.type)} IS NOT NULL"
    constant = _CONSTANT.match(column.default)
    if constant is not None:
        # As text: the pinned search_path may not find the default's type.
        text = constant[2] if constant[1] is None else constant[1].replace("''", "'")
        return f"{value}::text IS DISTINCT FROM {literal(text)}"
    empty = (f"{comparable(f'NEW.{quote(other.name)}', other.type)} IS NULL" for other in new)
    return f"({comparable(value, column.type)} IS NOT NULL AND {' AND '.join(empty)})"


def _exact(row: str, column: Column) -> str:
    return comparable(f"{row}.{quote(column.name)}", column.type, column.collation)
