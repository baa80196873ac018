"""SET NOT NULL and ALTER COLUMN … TYPE on a column that is known."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from migrator.locks import LockLevel
from migrator.names import TableName, quote
from migrator.schema.expressions import definition_of
from migrator.schema.facts.domains import domain_of
from migrator.schema.facts.known import Known, failing, locked, rewriting
from migrator.schema.facts.not_null import is_proven_not_null
from migrator.schema.facts.type_change import Change, read_type, type_change
from migrator.schema.model import Schema
from migrator.schema.naming import choose_name
from migrator.schema.parts import Column, Index, Table
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
    if column is None:
        return facts
    facts = _with_partners(known, facts, column)
    if (words := _user_of(known)) is not None:
        return failing(facts, words)
    change = Change(Fact.YES, Fact.YES) if facts.rewrite is Fact.YES else column_change(known, column)
    scan = _scan(known, column, change)
    is_sure = change.rewrite is Fact.YES
    partners = partners_of(known) if is_sure else ()
    return replace(
        facts,
        rewrite=change.rewrite,
        scan=scan,
        index_build=change.rewrite is not Fact.NO or any(_rebuilt(known, column, change)),
        missing=change.missing,
        rewrites=(known.name,) if is_sure else (),
        scans=(known.name, *partners) if scan is Fact.YES else (),
    )


def _with_partners(known: Known, facts: Effects, column: Column) -> Effects:
    """A foreign key on the column is made again, so that the tables at both ends are locked; so is a sequence."""
    found = locked(facts, LockLevel.ACCESS_EXCLUSIVE, *partners_of(known))
    return locked(found, LockLevel.SHARE_ROW_EXCLUSIVE, identity_sequence(known)) if column.is_identity else found


def partners_of(known: Known) -> tuple[TableName, ...]:
    """Return the tables at the other end of foreign keys on the column."""
    column = known.cmd.name
    ends = [c.references for c in known.table.constraints if c.references is not None and column in c.columns]
    users = [user.name for user, key in known.schema.referencing(known.name) if column in key.referenced_columns]
    return tuple(dict.fromkeys((*ends, *users)))


def identity_sequence(known: Known) -> TableName:
    """Return the name that the server gives to the sequence of an identity column."""
    made = choose_name(known.name.name, known.cmd.name, "seq", lambda _name: False)
    return TableName(known.name.schema, made)


_REFUSING = frozenset({"view", "materialized view", "policy", "trigger", "publication", "generated column"})
"""Kinds of dependents for which the server refuses a change of type."""


def _user_of(known: Known) -> str | None:
    """Return why the server refuses to change the column's type, if it does."""
    column = known.cmd.name
    if column in known.table.partition_key:
        return f"column {column} is part of the partition key of {known.name}"
    for dependent in known.schema.dependents_on(known.name):
        if dependent.column == column and dependent.kind in _REFUSING:
            return f"{dependent.kind} {dependent.name} reads column {known.name}.{column}"
    return None


def column_change(known: Known, column: Column) -> Change:
    """Return what the change of type asks of the stored rows; a USING with casts is a chain of changes."""
    tree = definition_of(known.cmd).column_def
    zone = known.settings.get("timezone")
    target = format_type(tree.type_name)
    domain = domain_of(known.schema, target)
    if domain is not None and domain.is_constrained:
        return Change(Fact.YES, Fact.YES)
    texts = [column.type, *casts_of(tree.raw_default), target]
    if any(old != new and _is_enum_involved(known, old, new) for old, new in pairwise(texts)):
        return Change(Fact.YES, Fact.YES)
    stored = [stored_type(known.schema, text) for text in texts]
    changes = [type_change(old, new, zone) for old, new in pairwise(stored)]
    return max(changes, key=lambda change: (Fact.NO, Fact.UNKNOWN, Fact.YES).index(change.rewrite))


def _is_enum_involved(known: Known, *texts: str) -> bool:
    """Whether an enum becomes something else, or something else an enum: its values are stored as numbers."""
    return any(" " not in text and TableName.parse(text) in known.schema.enums for text in texts if "(" not in text)


def stored_type(schema: Schema, text: str) -> str:
    """Return the type whose bytes are stored: below a domain, its base type."""
    for _ in range(_DEEPEST_DOMAIN):
        domain = domain_of(schema, text)
        if domain is None:
            return text
        text = domain.base + ("[]" if text.endswith("[]") else "")
    return text


def compared_type(schema: Schema, text: str) -> str:
    """Return the type by whose `=` values are compared: lengths do not matter, and a varchar is compared as text."""
    kind = read_type(stored_type(schema, text))
    return ("text" if kind.base == "character varying" else kind.base) + "[]" * kind.is_array


_DEEPEST_DOMAIN = 32
"""Domains over domains end somewhere; a mistake of ours must not loop."""


def casts_of(using: Node) -> list[str]:
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
    is_recollated = _collation(known.cmd) != _bare(column.collation)
    for index in _indexes(known):
        if column.name in index.columns:
            is_computed = index.predicate is not None or any(key.startswith("(") for key in index.keys)
            is_key = column.name in index.keys
            if is_computed or (is_key and (is_recollated or change.indexes is not Fact.NO)):
                yield index


def _collation(cmd: pb.AlterTableCmd) -> str:
    """Return the collation that the action asks for; without one the column gets that of its type."""
    words = [quote(node.string.sval) for node in definition_of(cmd).column_def.coll_clause.collname]
    return _bare(".".join(words))


def _bare(collation: str | None) -> str:
    return (collation or "").removeprefix("pg_catalog.")


def _indexes(known: Known) -> Iterator[Index]:
    """Yield the table's indexes, and for a partition those of its parents, of which it has its part."""
    table: Table | None = known.table
    while table is not None:
        yield from table.indexes
        table = known.schema.table(table.parent) if table.is_partition and table.parent is not None else None


def set_expression(known: Known, facts: Effects) -> Effects:
    """A stored generated column is computed again for every row; a virtual one (18) is not."""
    column = known.table.column(known.cmd.name)
    if column is None or not column.is_generated:
        return facts
    if column.is_virtual:
        return replace(facts, rewrite=Fact.NO, scan=Fact.NO, missing=())
    return rewriting(facts, known.name)


def identity(known: Known, facts: Effects) -> Effects:
    """The column's own sequence is changed or dropped with it."""
    column = known.table.column(known.cmd.name)
    if column is None or not column.is_identity:
        return facts
    is_dropped = known.cmd.subtype == pb.AT_DropIdentity
    level = LockLevel.ACCESS_EXCLUSIVE if is_dropped else LockLevel.SHARE_ROW_EXCLUSIVE
    return replace(locked(facts, level, identity_sequence(known)), missing=())


def add_identity(known: Known, facts: Effects) -> Effects:
    """The column must be NOT NULL already, and without a default."""
    column = known.table.column(known.cmd.name)
    if column is None:
        return facts
    if not column.is_not_null:
        return failing(
            facts, f"column {known.name}.{column.name} must be NOT NULL before it becomes an identity column"
        )
    if column.default is not None or column.is_identity:
        return failing(facts, f"column {known.name}.{column.name} has a default already")
    return facts


READERS = {
    pb.AT_AddIdentity: add_identity,
    pb.AT_SetNotNull: set_not_null,
    pb.AT_AlterColumnType: alter_type,
    pb.AT_SetExpression: set_expression,
    pb.AT_SetIdentity: identity,
    pb.AT_DropIdentity: identity,
}
