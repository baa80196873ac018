"""SET NOT NULL and ALTER COLUMN … TYPE on a column that is known."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from migrator.schema.expressions import definition_of
from migrator.schema.facts.known import Known
from migrator.schema.facts.not_null import is_proven_not_null
from migrator.schema.facts.type_change import Change, type_change
from migrator.schema.model import Column, Index
from migrator.schema.types import format_type
from migrator.statements.effects import Effects, Fact
from migrator.statements.parse import Node, pb

_NOT_YET_KNOWN = "every column of the table: part of its history could not be followed"


def set_not_null(known: Known, facts: Effects) -> Effects:
    """Free when the column is NOT NULL or a valid CHECK proves it, else a scan."""
    return not_null_scan(known, facts, known.cmd.name)


def not_null_scan(known: Known, facts: Effects, *columns: str) -> Effects:
    """Return the facts with the scan that setting these columns NOT NULL costs."""
    if all(is_proven_not_null(known.table, column) for column in columns):
        return replace(facts, scan=Fact.NO, scans=(), missing=())
    if known.table.is_incomplete and any(known.table.column(column) is None for column in columns):
        return replace(facts, missing=(*facts.missing, _NOT_YET_KNOWN))
    return replace(facts, scan=Fact.YES, scans=(known.name,), missing=())


def alter_type(known: Known, facts: Effects) -> Effects:
    """By the old type; without a rewrite, CHECKs on the column are tested again and some indexes built again."""
    column = known.table.column(known.cmd.name)
    if facts.rewrite is Fact.YES or column is None:
        return facts
    change = column_change(known, column)
    scan = _scan(known, column, change)
    is_sure = change.rewrite is Fact.YES
    return replace(
        facts,
        rewrite=change.rewrite,
        scan=scan,
        index_build=change.rewrite is not Fact.NO or any(_rebuilt(known, column, change)),
        missing=change.missing,
        rewrites=(known.name,) if is_sure else (),
        scans=(known.name,) if scan is Fact.YES else (),
    )


def column_change(known: Known, column: Column) -> Change:
    """Return what the change of type asks of the stored rows; a USING with casts is a chain of changes."""
    tree = definition_of(known.cmd).column_def
    texts = [_stored_type(known, column.type), *_casts(tree.raw_default), format_type(tree.type_name)]
    zone = known.settings.get("timezone")
    changes = [type_change(old, new, zone) for old, new in pairwise(texts)]
    return max(changes, key=lambda change: (Fact.NO, Fact.UNKNOWN, Fact.YES).index(change.rewrite))


def _stored_type(known: Known, text: str) -> str:  # noqa: ARG001 domains follow
    return text


def _casts(using: Node) -> list[str]:
    """Return the types of `USING c::a::b`, innermost first."""
    found: list[str] = []
    while using.WhichOneof("node") == "type_cast":
        found.append(format_type(using.type_cast.type_name))
        using = using.type_cast.arg
    return found[::-1]


def _scan(known: Known, column: Column, change: Change) -> Fact:
    has_check = any(c.kind == "check" and c.is_valid and column.name in c.columns for c in known.table.constraints)
    is_read = change.rewrite is Fact.YES or has_check or any(_rebuilt(known, column, change))
    return Fact.YES if is_read else change.rewrite


def _rebuilt(known: Known, column: Column, change: Change) -> Iterator[Index]:
    """Yield the indexes that a change without rewrite builds again; the server compares no expressions."""
    is_recollated = definition_of(known.cmd).column_def.HasField("coll_clause")
    for index in known.table.indexes:
        if column.name in index.columns:
            is_computed = index.predicate is not None or any(key.startswith("(") for key in index.keys)
            is_key = column.name in index.keys
            if is_computed or (is_key and (is_recollated or change.indexes is not Fact.NO)):
                yield index


READERS = {
    pb.AT_SetNotNull: set_not_null,
    pb.AT_AlterColumnType: alter_type,
}
