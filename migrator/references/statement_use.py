"""Whether a statement that a server has counted uses a table or column: surely, maybe, or not.

The text is what the server kept of the first such statement, with `$1` for values. It names columns as they were
called then: the server knows them by number and goes on counting under the old text after a rename. So a name that
the table does not have is a maybe, and so is everything that cannot be read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from migrator.names import TableName
from migrator.references.known import Known
from migrator.references.reference import Confidence, Reference
from migrator.references.sql import references_in_sql

_OF_SYSTEM = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"})
_NATURAL = re.compile(r"\bnatural\b", re.IGNORECASE)
_NOTHING_KNOWN = Known()


class Certainty(Enum):
    """How sure it is that the statement uses it."""

    SURE = "sure"
    MAYBE = "maybe"
    NO = "no"


@dataclass(frozen=True, slots=True)
class UsedName:
    """What a statement names when it uses the removed: a column of a table, or any use of a table or view."""

    table: TableName
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables as they are now; `system` are the names of the server's own."""

    known: Known
    system: frozenset[str] = field(default_factory=frozenset[str])


@dataclass(frozen=True, slots=True)
class StatementUse:
    """The answer, and in words why."""

    certainty: Certainty
    why: str = ""


_NO = StatementUse(Certainty.NO)


def use_of(text: str, names: Sequence[UsedName], catalog: Catalog) -> StatementUse:
    """Say whether a statement uses one of the names.

    Args:
        text: as pg_stat_statements has it.
        names: of the removed, and of what reads it.
        catalog: the tables as they are now.
    """
    named = [name for name in names if _has_word(text, name.table.name)]
    has_column = any(name.column is not None and _has_word(text, name.column) for name in names)
    if not named and not has_column and "*" not in text:
        return _NO
    found = references_in_sql(text, catalog.known)
    if not found.is_understood and (named or has_column):
        return StatementUse(Certainty.MAYBE, "cannot be read and names it")
    sure = next((use for name in named for use in found.references if _means(use, name)), None)
    if sure is not None:
        certainty = Certainty.SURE if _is_sure(sure) else Certainty.MAYBE
        return StatementUse(certainty, f"uses {sure}")
    if named and _NATURAL.search(text):
        return StatementUse(Certainty.MAYBE, "joins by all columns of the same name")
    stale = _stale_column(text, named, catalog.known) or _stale_table(found.references, names, catalog)
    return StatementUse(Certainty.MAYBE, stale) if stale else _NO


def _means(use: Reference, name: UsedName) -> bool:
    if name.column is None:
        return use.names_table(name.table)
    return use.names_column(name.table, name.column)


def _is_sure(use: Reference) -> bool:
    return use.confidence is Confidence.EXACT or use.is_star


def _stale_column(text: str, named: Iterable[UsedName], known: Known) -> str:
    """Name a column that the statement reads of the table and that the table does not have."""
    tables = {name.table: known.columns.get(name.table) for name in named if name.column is not None}
    if not tables:
        return ""
    for use in references_in_sql(text, _NOTHING_KNOWN).references:
        if use.column is None or use.confidence is not Confidence.EXACT or use.column in _OF_SYSTEM:
            continue
        for table, columns in tables.items():
            if use.names_table(table) and columns is not None and use.column not in columns:
                return f"names {table}.{use.column}, which is not there; the text may be from before a rename"
    return ""


def _stale_table(uses: Iterable[Reference], names: Sequence[UsedName], catalog: Catalog) -> str:
    """Name a table that is not there, of which the statement reads such a column or all."""
    tables = {name.name for name in catalog.known.columns} | catalog.system
    columns = {name.column for name in names}
    for use in uses:
        is_strange = use.table and use.table not in tables and use.schema not in {"pg_catalog", "information_schema"}
        if is_strange and (use.is_star or use.column in columns):
            return f"names {use.table}, which is not there; the text may be from before a rename"
    return ""


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
